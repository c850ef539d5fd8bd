// A scan of ours under projections and filters, as the operator above it sees it. Heavy: for .cc files here.
#pragma once

#include <duckdb.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <optional>
#include <set>
#include <vector>

#include "query/sql/scan_bind.h"

namespace magnetite::query::sql {

// Refers to the plan, which must outlive it unchanged.
class ScanBelow {
 public:
  // nullopt when something else than projections and filters lies between, or the scan is not of ours.
  static std::optional<ScanBelow> find(const duckdb::LogicalOperator& top);

  ScanBindData& bound() const { return *bound_; }
  // The column an expression of the operator above is; nullptr when it is more than a column.
  const schema::Column* column(const duckdb::Expression& expression) const;
  // The same for all rows of a series?
  bool is_of_tags(const duckdb::Expression& expression) const;

  // When every filter is a condition on tags or exact on time: the time they leave. `tags` restricts to these columns.
  std::optional<model::TimeRange> exact_times(const std::set<model::ColumnId>* tags = nullptr) const;

 private:
  using Expressions = duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>;
  bool refers_to(const duckdb::Expression& expression, const std::set<model::ColumnId>* tags) const;
  // What a column reference stands for: an expression of a projection below, or itself.
  const duckdb::Expression* projected(const duckdb::Expression& reference) const;

  const duckdb::LogicalGet* get_ = nullptr;
  ScanBindData* bound_ = nullptr;
  std::vector<std::pair<duckdb::TableIndex, const Expressions*>> projections_;
  std::vector<const duckdb::Expression*> filters_;
};

}  // namespace magnetite::query::sql
