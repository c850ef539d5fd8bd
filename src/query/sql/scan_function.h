// The table function behind every table of ours: hands DuckDB the batches of a ScanPlan. Heavy: for .cc files here.
#pragma once

#include <duckdb.hpp>
#include <duckdb/function/table_function.hpp>

#include "query/table_snapshot.h"

namespace magnetite::query::sql {

duckdb::unique_ptr<duckdb::FunctionData> bind_scan(TableSnapshot snapshot,
                                                   std::shared_ptr<const schema::TableSchema> columns,
                                                   std::vector<model::ColumnId> column_ids,
                                                   duckdb::TableCatalogEntry& entry);
duckdb::TableFunction scan_function();

// The database a connection's unqualified names mean; empty if none is set.
std::string current_database(duckdb::ClientContext& context);

}  // namespace magnetite::query::sql
