#include "query/sql/guard.h"

#include <fmt/format.h>

#include <duckdb.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/star_expression.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>

#include "query/sql/query_tree.h"

namespace magnetite::query::sql {
namespace {

void describe_instead(duckdb::ShowRef& show) {
  if (show.show_type != duckdb::ShowType::SHOW) return;
  show.show_type = duckdb::ShowType::DESCRIBE;
  if (show.query == nullptr) {
    auto table = duckdb::make_uniq<duckdb::BaseTableRef>();
    table->SetQualifiedName(show.qualified_name);
    auto select = duckdb::make_uniq<duckdb::SelectNode>();
    select->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
    select->from_table = std::move(table);
    show.query = std::move(select);
  }
  show.qualified_name = duckdb::QualifiedName();
}

// What putting in the names of a SELECT list adds to its expressions, in parts.
class NamesPutIn {
 public:
  static constexpr size_t kPartsMax = 1'000;  // time grows with their cube where they are one chain of operators

  bool too_many(duckdb::SelectNode& select) {
    for (auto& expression : select.select_list) {
      const size_t parts = count(*expression);
      if (expression->HasAlias()) parts_[expression->GetAlias()] = parts;
    }
    for (auto& expression : select.groups.group_expressions) count(*expression);
    for (auto* expression : {&select.where_clause, &select.having, &select.qualify})
      if (*expression != nullptr) count(**expression);
    return put_in_ > kPartsMax;
  }

 private:
  // With what is put in; stops counting where it is too much already.
  size_t count(duckdb::ParsedExpression& expression) {
    size_t parts = 0;
    for_each_part(expression, [&](duckdb::ParsedExpression& part) {
      ++parts;
      if (put_in_ > kPartsMax || part.GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) return;
      const auto& column = part.Cast<duckdb::ColumnRefExpression>();
      const auto found = column.IsQualified() ? parts_.end() : parts_.find(column.GetColumnName());
      if (found == parts_.end() || found->second == 1) return;
      parts += found->second;
      put_in_ += found->second;
    });
    return parts;
  }

  duckdb::identifier_map_t<size_t> parts_;
  size_t put_in_ = 0;
};

Result<> admit_query(duckdb::QueryNode& query) {
  bool too_many = false;
  for_each_query(
      query, [&](duckdb::SelectNode& select) { too_many = too_many || NamesPutIn().too_many(select); },
      describe_instead);
  if (!too_many) return {};
  return fail(
      ErrorCode::kInvalidInput,
      fmt::format("a SELECT list uses names that it gave itself so often that they stand for more than {} parts: "
                  "give them in a query in FROM or WITH instead",
                  NamesPutIn::kPartsMax));
}

}  // namespace

Result<> admit(duckdb::SQLStatement& statement) {
  if (statement.type == duckdb::StatementType::SELECT_STATEMENT)
    return admit_query(*statement.Cast<duckdb::SelectStatement>().node);
  if (statement.type == duckdb::StatementType::EXPLAIN_STATEMENT)
    return admit(*statement.Cast<duckdb::ExplainStatement>().stmt);
  return fail(ErrorCode::kInvalidInput,
              fmt::format("{} statements are not allowed: only SELECT, WITH, VALUES, SHOW, DESCRIBE, SUMMARIZE and "
                          "EXPLAIN read data; write with line protocol",
                          duckdb::StatementTypeToString(statement.type)));
}

}  // namespace magnetite::query::sql
