#include "query/sql/query_tree.h"

#include <duckdb/parser/expression/subquery_expression.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/query_node/cte_node.hpp>
#include <duckdb/parser/query_node/recursive_cte_node.hpp>
#include <duckdb/parser/query_node/set_operation_node.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/subqueryref.hpp>
#include <vector>

namespace magnetite::query::sql {
namespace {

class Walk {
 public:
  Walk(const std::function<void(duckdb::SelectNode&)>& on_select, const std::function<void(duckdb::ShowRef&)>& on_show)
      : on_select_(on_select), on_show_(on_show) {}

  void run(duckdb::QueryNode& root) {
    trees_.push_back(&root);
    while (!trees_.empty()) {
      duckdb::QueryNode& tree = *trees_.back();
      trees_.pop_back();
      add(&tree);
      enumerate(tree);
      while (!nodes_.empty()) {
        duckdb::QueryNode& node = *nodes_.back();
        nodes_.pop_back();
        visit(node);
      }
    }
  }

 private:
  void add(duckdb::QueryNode* node) {
    if (node != nullptr) nodes_.push_back(node);
  }

  // DuckDB's own walk goes through a whole tree, but for queries in expressions: those are trees of their own.
  void enumerate(duckdb::QueryNode& tree) {
    duckdb::ParsedExpressionIterator::EnumerateQueryNodeChildren(
        tree,
        [this](duckdb::unique_ptr<duckdb::ParsedExpression>& expression) {
          if (expression == nullptr) return;
          for_each_part(*expression, [this](duckdb::ParsedExpression& part) {
            if (part.GetExpressionClass() != duckdb::ExpressionClass::SUBQUERY) return;
            const auto& query = part.Cast<duckdb::SubqueryExpression>().Subquery();
            if (query != nullptr && query->node != nullptr) trees_.push_back(query->node.get());
          });
        },
        [this](duckdb::TableRef& table) {
          if (table.type == duckdb::TableReferenceType::SUBQUERY) {
            add(table.Cast<duckdb::SubqueryRef>().subquery->node.get());
          } else if (table.type == duckdb::TableReferenceType::SHOW_REF) {
            auto& show = table.Cast<duckdb::ShowRef>();
            add(show.query.get());
            on_show_(show);
          }
        });
  }

  // The nodes that hang on this one directly.
  void visit(duckdb::QueryNode& node) {
    for (auto& [name, query] : node.cte_map.map) add(query->query_node.get());
    switch (node.type) {
      case duckdb::QueryNodeType::SELECT_NODE:
        on_select_(node.Cast<duckdb::SelectNode>());
        break;
      case duckdb::QueryNodeType::SET_OPERATION_NODE:
        for (auto& child : node.Cast<duckdb::SetOperationNode>().children) add(child.get());
        break;
      case duckdb::QueryNodeType::RECURSIVE_CTE_NODE:
        add(node.Cast<duckdb::RecursiveCTENode>().left.get());
        add(node.Cast<duckdb::RecursiveCTENode>().right.get());
        break;
      case duckdb::QueryNodeType::CTE_NODE:
        add(node.Cast<duckdb::CTENode>().query.get());
        add(node.Cast<duckdb::CTENode>().child.get());
        break;
      default:
        break;
    }
  }

  const std::function<void(duckdb::SelectNode&)>& on_select_;
  const std::function<void(duckdb::ShowRef&)>& on_show_;
  std::vector<duckdb::QueryNode*> trees_;
  std::vector<duckdb::QueryNode*> nodes_;
};

}  // namespace

void for_each_query(duckdb::QueryNode& root, const std::function<void(duckdb::SelectNode&)>& on_select,
                    const std::function<void(duckdb::ShowRef&)>& on_show) {
  Walk(on_select, on_show).run(root);
}

void for_each_part(duckdb::ParsedExpression& root, const std::function<void(duckdb::ParsedExpression&)>& on_part) {
  std::vector<duckdb::ParsedExpression*> rest{&root};
  while (!rest.empty()) {
    duckdb::ParsedExpression& part = *rest.back();
    rest.pop_back();
    on_part(part);
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        part, [&](duckdb::ParsedExpression& child) { rest.push_back(&child); });
  }
}

}  // namespace magnetite::query::sql
