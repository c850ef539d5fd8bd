#include "query/sql/series_ends_rule.h"

#include <algorithm>
#include <duckdb.hpp>
#include <duckdb/optimizer/optimizer_extension.hpp>
#include <duckdb/planner/expression/bound_aggregate_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/operator/logical_aggregate.hpp>
#include <duckdb/planner/operator/logical_comparison_join.hpp>
#include <duckdb/planner/operator/logical_distinct.hpp>
#include <duckdb/planner/operator/logical_projection.hpp>
#include <duckdb/planner/operator/logical_top_n.hpp>
#include <map>

#include "query/sql/scan_below.h"

namespace magnetite::query::sql {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

enum class End : uint8_t { kFirst, kLast };

void add(End end, uint32_t rows, SeriesEnds& ends) {
  uint32_t& wanted = end == End::kLast ? ends.last_rows : ends.first_rows;
  wanted = std::max(wanted, rows);
}

bool is_time(const schema::Column* column) { return column != nullptr && column->type == model::ColumnType::kTime; }

// What `column` of a name is among the words; nothing matches case-sensitively twice.
template <size_t kCount>
bool is_one_of(const std::string& name, const char* const (&words)[kCount]) {
  return std::ranges::find(words, name) != std::end(words);
}

// The end of a series that has the largest value of this expression: the last for `time`, the first for a descending
// sort key of it.
std::optional<End> end_of_largest(const Expression& expression, const ScanBelow& scan) {
  if (is_time(scan.column(expression))) return End::kLast;
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) return std::nullopt;
  const auto& function = expression.Cast<duckdb::BoundFunctionExpression>();
  const auto& arguments = function.GetChildren();
  if (function.Function().GetName() != "create_sort_key" || arguments.size() != 2 ||
      !is_time(scan.column(*arguments[0])) || arguments[1]->GetExpressionClass() != ExpressionClass::BOUND_CONSTANT)
    return std::nullopt;
  const std::string order = arguments[1]->Cast<duckdb::BoundConstantExpression>().GetValue().ToString();
  if (order.starts_with("ASC")) return End::kLast;
  if (order.starts_with("DESC")) return End::kFirst;
  return std::nullopt;
}

End opposite(End end) { return end == End::kLast ? End::kFirst : End::kLast; }

// Adds the rows that an aggregate function looks at; false: it may look at all.
bool add_function(const Expression& expression, const ScanBelow& scan, SeriesEnds& ends) {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_AGGREGATE) return false;
  const auto& aggregate = expression.Cast<duckdb::BoundAggregateExpression>();
  const auto& arguments = aggregate.GetChildren();
  if (aggregate.GetFilter() != nullptr || aggregate.GetOrderBys() != nullptr) return false;
  const std::string& name = aggregate.Function().GetName().GetIdentifierName();
  if (arguments.size() == 1 && (name == "max" || name == "min")) {
    if (!is_time(scan.column(*arguments[0]))) return false;
    add(name == "max" ? End::kLast : End::kFirst, 1, ends);
    return true;
  }
  if (arguments.size() != 2 || aggregate.IsDistinct()) return false;
  const bool largest = is_one_of(name, {"arg_max", "argmax", "max_by", "arg_max_null", "arg_max_nulls_last"});
  const bool smallest = is_one_of(name, {"arg_min", "argmin", "min_by", "arg_min_null", "arg_min_nulls_last"});
  std::optional<End> end = end_of_largest(*arguments[1], scan);
  if (!(largest || smallest) || !end || arguments[0]->IsVolatile()) return false;
  if (smallest) end = opposite(*end);
  add(*end, 1, ends);
  if (name.find("null") != std::string::npos) return true;  // takes the row as it is
  // The others pass over rows where their value is NULL.
  if (scan.is_of_tags(*arguments[0])) return true;
  const schema::Column* column = scan.column(*arguments[0]);
  if (column == nullptr) return false;
  if (is_time(column)) return true;
  if (*end != End::kLast) return false;
  ends.last_values.push_back(column->id);
  return true;
}

// Narrows the scan to these ends, if its filters allow that.
void narrow(const ScanBelow& scan, SeriesEnds ends) {
  const std::optional<model::TimeRange> times = scan.exact_times();
  if (!times) return;
  scan.bound().predicate.time = scan.bound().predicate.time.intersect(*times);
  scan.bound().ends = std::move(ends);
}

void visit_aggregate(const duckdb::LogicalAggregate& aggregate) {
  const auto scan = ScanBelow::find(*aggregate.children[0]);
  if (!scan) return;
  SeriesEnds ends;
  ends.last_rows = 1;  // a group exists when it has a row
  for (const auto& group : aggregate.groups)
    if (!scan->is_of_tags(*group)) return;
  for (const auto& expression : aggregate.expressions)
    if (!add_function(*expression, *scan, ends)) return;
  narrow(*scan, std::move(ends));
}

// The end of a series that comes first in this order: keys of tags do not order its rows, and times differ.
std::optional<End> first_in_order(const duckdb::vector<duckdb::BoundOrderByNode>& orders, const ScanBelow& scan) {
  for (const duckdb::BoundOrderByNode& order : orders) {
    if (scan.is_of_tags(*order.expression)) continue;
    if (!is_time(scan.column(*order.expression))) return std::nullopt;
    return order.type == duckdb::OrderType::DESCENDING ? End::kLast : End::kFirst;
  }
  return End::kLast;  // any will do
}

void visit_distinct(const duckdb::LogicalDistinct& distinct) {
  const auto scan = ScanBelow::find(*distinct.children[0]);
  if (!scan) return;
  for (const auto& target : distinct.distinct_targets)
    if (!scan->is_of_tags(*target)) return;
  const std::optional<End> end =
      distinct.order_by == nullptr ? End::kLast : first_in_order(distinct.order_by->orders, *scan);
  if (!end) return;
  SeriesEnds ends;
  add(*end, 1, ends);
  narrow(*scan, std::move(ends));
}

void visit_limit(const duckdb::LogicalTopN& top) {
  constexpr uint64_t kRowsMax = 1'000;  // above, most series are read whole anyway
  const auto scan = ScanBelow::find(*top.children[0]);
  if (!scan || top.limit > kRowsMax || top.offset > kRowsMax) return;
  const std::optional<End> end = first_in_order(top.orders, *scan);
  if (!end) return;
  SeriesEnds ends;
  add(*end, static_cast<uint32_t>(top.limit + top.offset), ends);
  narrow(*scan, std::move(ends));
}

// An aggregate under projections and filters, and the place of its output that an expression above is.
class AggregateBelow {
 public:
  static std::optional<AggregateBelow> find(const LogicalOperator& top) {
    AggregateBelow below;
    for (const LogicalOperator* at = &top;; at = at->children[0].get()) {
      if (at->type == LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) {
        below.aggregate_ = &at->Cast<duckdb::LogicalAggregate>();
        return below;
      }
      if (at->type == LogicalOperatorType::LOGICAL_PROJECTION)
        below.projections_.push_back(&at->Cast<duckdb::LogicalProjection>());
      else if (at->type != LogicalOperatorType::LOGICAL_FILTER)
        return std::nullopt;
    }
  }

  const duckdb::LogicalAggregate& aggregate() const { return *aggregate_; }

  std::optional<duckdb::ColumnBinding> output(const Expression& expression) const {
    if (expression.GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) return std::nullopt;
    const duckdb::ColumnBinding& binding = expression.Cast<duckdb::BoundColumnRefExpression>().Binding();
    for (const duckdb::LogicalProjection* projection : projections_)
      if (projection->table_index == binding.table_index) return output(*projection->expressions[binding.column_index]);
    return binding;
  }

 private:
  const duckdb::LogicalAggregate* aggregate_ = nullptr;
  std::vector<const duckdb::LogicalProjection*> projections_;
};

// Rows of `rows` that meet max(time) of their group, where the groups are made of all rows later than them: then a
// row that meets it is the last of its series.
void visit_join_side(const LogicalOperator& rows_side, const LogicalOperator& groups_side,
                     const duckdb::LogicalComparisonJoin& join, bool rows_left) {
  const auto rows = ScanBelow::find(rows_side);
  const auto groups = AggregateBelow::find(groups_side);
  if (!rows || !groups || groups->aggregate().grouping_sets.size() > 1) return;
  const duckdb::LogicalAggregate& aggregate = groups->aggregate();
  const auto grouped = ScanBelow::find(*aggregate.children[0]);
  if (!grouped || rows->bound().snapshot != grouped->bound().snapshot) return;
  std::set<size_t> met;  // groups
  std::set<model::ColumnId> tags;
  bool meets_time = false;
  for (const duckdb::JoinCondition& condition : join.conditions) {
    if (!condition.IsComparison() ||
        (condition.GetComparisonType() != duckdb::ExpressionType::COMPARE_EQUAL &&
         condition.GetComparisonType() != duckdb::ExpressionType::COMPARE_NOT_DISTINCT_FROM))
      continue;
    const schema::Column* column = rows->column(rows_left ? condition.GetLHS() : condition.GetRHS());
    const auto output = groups->output(rows_left ? condition.GetRHS() : condition.GetLHS());
    if (column == nullptr || !output) continue;
    const size_t position = output->column_index;
    if (output->table_index == aggregate.aggregate_index && is_time(column)) {
      const auto& function = aggregate.expressions[position]->Cast<duckdb::BoundAggregateExpression>();
      SeriesEnds ends;
      meets_time = meets_time ||
                   (function.GetChildren().size() == 1 && add_function(function, *grouped, ends) && ends.last_rows > 0);
    } else if (output->table_index == aggregate.group_index) {
      const schema::Column* group = grouped->column(*aggregate.groups[position]);
      if (group == nullptr || group->id != column->id || group->type != model::ColumnType::kTag) continue;
      met.insert(position);
      tags.insert(group->id);
    }
  }
  if (!meets_time || met.size() != aggregate.groups.size()) return;
  const std::optional<model::TimeRange> times = grouped->exact_times(&tags);
  if (!times || rows->bound().predicate.time.max > times->max) return;
  SeriesEnds ends;
  ends.last_rows = 1;
  rows->bound().ends = std::move(ends);
}

void visit_join(const duckdb::LogicalComparisonJoin& join) {
  if (join.join_type != duckdb::JoinType::INNER && join.join_type != duckdb::JoinType::SEMI) return;
  visit_join_side(*join.children[0], *join.children[1], join, true);
  if (join.join_type == duckdb::JoinType::INNER) visit_join_side(*join.children[1], *join.children[0], join, false);
}

// A statement sees a table in one state, however often it names it.
void share_snapshots(LogicalOperator& at,
                     std::map<const duckdb::TableCatalogEntry*, std::shared_ptr<const TableSnapshot>>& seen) {
  for (const auto& child : at.children) share_snapshots(*child, seen);
  if (at.type != LogicalOperatorType::LOGICAL_GET) return;
  auto* bound = dynamic_cast<ScanBindData*>(at.Cast<duckdb::LogicalGet>().bind_data.get());
  if (bound == nullptr) return;
  bound->snapshot = seen.try_emplace(bound->entry.get(), bound->snapshot).first->second;
}

void visit(const LogicalOperator& at) {
  for (const auto& child : at.children) visit(*child);
  switch (at.type) {
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
      return visit_aggregate(at.Cast<duckdb::LogicalAggregate>());
    case LogicalOperatorType::LOGICAL_DISTINCT:
      return visit_distinct(at.Cast<duckdb::LogicalDistinct>());
    case LogicalOperatorType::LOGICAL_TOP_N:
      return visit_limit(at.Cast<duckdb::LogicalTopN>());
    case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
      return visit_join(at.Cast<duckdb::LogicalComparisonJoin>());
    default:
      return;
  }
}

void optimize(duckdb::OptimizerExtensionInput&, duckdb::unique_ptr<LogicalOperator>& plan) {
  std::map<const duckdb::TableCatalogEntry*, std::shared_ptr<const TableSnapshot>> seen;
  share_snapshots(*plan, seen);
  visit(*plan);
}

}  // namespace

void register_series_ends_rule(duckdb::DBConfig& config) {
  duckdb::OptimizerExtension rule;
  rule.optimize_function = optimize;
  duckdb::OptimizerExtension::Register(config, std::move(rule));
}

}  // namespace magnetite::query::sql
