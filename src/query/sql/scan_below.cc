#include "query/sql/scan_below.h"

#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/operator/logical_projection.hpp>

#include "query/sql/filters.h"

namespace magnetite::query::sql {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::LogicalOperatorType;

std::optional<ScanBelow> ScanBelow::find(const duckdb::LogicalOperator& top) {
  ScanBelow below;
  for (const duckdb::LogicalOperator* at = &top;; at = at->children[0].get()) {
    if (at->type == LogicalOperatorType::LOGICAL_GET) {
      below.get_ = &at->Cast<duckdb::LogicalGet>();
      below.bound_ = dynamic_cast<ScanBindData*>(below.get_->bind_data.get());
      return below.bound_ == nullptr ? std::nullopt : std::optional(std::move(below));
    }
    if (at->type == LogicalOperatorType::LOGICAL_PROJECTION)
      below.projections_.emplace_back(at->Cast<duckdb::LogicalProjection>().table_index, &at->expressions);
    else if (at->type == LogicalOperatorType::LOGICAL_FILTER)
      for (const auto& filter : at->expressions) below.filters_.push_back(filter.get());
    else
      return std::nullopt;
  }
}

const Expression* ScanBelow::projected(const Expression& reference) const {
  const auto& binding = reference.Cast<duckdb::BoundColumnRefExpression>().Binding();
  for (const auto& [table, expressions] : projections_)
    if (table == binding.table_index) return (*expressions)[binding.column_index].get();
  return &reference;
}

const schema::Column* ScanBelow::column(const Expression& expression) const {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) return nullptr;
  const Expression* meant = projected(expression);
  if (meant != &expression) return column(*meant);
  const auto& binding = expression.Cast<duckdb::BoundColumnRefExpression>().Binding();
  return binding.table_index == get_->table_index ? column_at(*get_, *bound_, binding.column_index) : nullptr;
}

bool ScanBelow::refers_to(const Expression& expression, const std::set<model::ColumnId>* tags) const {
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    const Expression* meant = projected(expression);
    if (meant != &expression) return refers_to(*meant, tags);
    const schema::Column* found = column(expression);
    return found != nullptr && found->type == model::ColumnType::kTag && (tags == nullptr || tags->contains(found->id));
  }
  if (expression.IsVolatile()) return false;
  bool all = true;
  duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                [&](const Expression& child) { all = all && refers_to(child, tags); });
  return all;
}

bool ScanBelow::is_of_tags(const Expression& expression) const { return refers_to(expression, nullptr); }

std::optional<model::TimeRange> ScanBelow::exact_times(const std::set<model::ColumnId>* tags) const {
  const ColumnOf column_of = [&](const Expression& expression) { return column(expression); };
  model::Predicate predicate;
  for (const Expression* filter : filters_)
    if (!refers_to(*filter, tags) && add_condition(*filter, column_of, predicate) != Understood::kExactTime)
      return std::nullopt;
  return predicate.time;
}

}  // namespace magnetite::query::sql
