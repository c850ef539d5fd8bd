// What binding a table fixed, and what optimising adds. Heavy: for .cc files here.
#pragma once

#include <duckdb.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "query/scan.h"
#include "query/table_snapshot.h"

namespace magnetite::query::sql {

struct ScanBindData final : public duckdb::FunctionData {
  std::shared_ptr<const TableSnapshot> snapshot;
  std::shared_ptr<const schema::TableSchema> columns;  // of the catalog entry; ids are the snapshot's
  std::vector<model::ColumnId> column_ids;
  model::Predicate predicate;      // conditions pushed down
  std::optional<SeriesEnds> ends;  // when the statement needs no other rows
  duckdb::optional_ptr<duckdb::TableCatalogEntry> entry;

  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override { return duckdb::make_uniq<ScanBindData>(*this); }
  bool Equals(const duckdb::FunctionData& other) const override {
    return snapshot == static_cast<const ScanBindData&>(other).snapshot;
  }
};

// The column that a scan of ours gives as number `position` of those it was asked for; nullptr for a row id.
const schema::Column* column_at(const duckdb::LogicalGet& get, const ScanBindData& bound, size_t position);

}  // namespace magnetite::query::sql
