// The schema `system`: the statement's own database seen from outside, its chunks, columns and jobs. Heavy: for .cc
// files of this folder.
#pragma once

#include <duckdb.hpp>
#include <duckdb/catalog/catalog_entry/schema_catalog_entry.hpp>
#include <duckdb/parser/parsed_data/create_schema_info.hpp>

#include "query/sql/catalog_names.h"
#include "query/table_snapshot.h"

namespace magnetite::query::sql {

// `databases` outlives it.
duckdb::unique_ptr<duckdb::SchemaCatalogEntry> make_system_schema(duckdb::Catalog& catalog,
                                                                  const DatabaseSource& databases);

// DuckDB has a catalog `system` of its own, which `system.chunks` would mean: what is not found there is ours.
void register_system_names(duckdb::DBConfig& config);

}  // namespace magnetite::query::sql
