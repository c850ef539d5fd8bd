#include "query/sql/lockdown.h"

#include <algorithm>
#include <array>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/schema_catalog_entry.hpp>
#include <duckdb/parser/parsed_data/drop_info.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace magnetite::query::sql {
namespace {

// Series, JSON, and the descriptions that information_schema and the views of pg_catalog are made of.
constexpr std::array kOpenTableFunctions = std::to_array<std::string_view>({
    "duckdb_columns",
    "duckdb_constraints",
    "duckdb_databases",
    "duckdb_dependencies",
    "duckdb_functions",
    "duckdb_indexes",
    "duckdb_keywords",
    "duckdb_schemas",
    "duckdb_sequences",
    "duckdb_tables",
    "duckdb_triggers",
    "duckdb_types",
    "duckdb_views",
    "generate_series",
    "icu_calendar_names",
    "json_each",
    "json_tree",
    "pg_timezone_names",
    "pragma_collations",
    "pragma_version",
    "range",
    "repeat",
    "repeat_row",
    "summary",
    "unnest",
});

// Scalar functions, aggregates and macros. Settings and logs; sleep; sequences and the seed, which outlive a statement;
// planning another statement; states of aggregates, which trust their bytes.
constexpr std::array kLockedFunctions = std::to_array<std::string_view>({
    "combine",
    "combine_aggr",
    "current_setting",
    "currval",
    "finalize",
    "get_block_size",
    "getvariable",
    "json_serialize_plan",
    "nextval",
    "pg_sleep",
    "setseed",
    "setval",
    "sleep_ms",
    "stats",
    "to_aggregate_state",
    "write_log",
});
constexpr std::array kLockedTableMacros =
    std::to_array<std::string_view>({"duckdb_logs_parsed", "duckdb_profiling_settings"});

// Helpers of DuckDB's optimizer, which trust their arguments.
constexpr std::string_view kInternalPrefix = "__internal";

std::string lower_case(std::string_view name) {
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool stays(duckdb::CatalogType type, std::string_view name) {
  switch (type) {
    case duckdb::CatalogType::TABLE_FUNCTION_ENTRY:
      return std::ranges::contains(kOpenTableFunctions, name);
    case duckdb::CatalogType::TABLE_MACRO_ENTRY:
      return !std::ranges::contains(kLockedTableMacros, name);
    default:
      return !std::ranges::contains(kLockedFunctions, name) && !name.starts_with(kInternalPrefix);
  }
}

// Names that instances of this process were rid of.
struct Removed {
  Mutex mutex;
  std::set<std::string, std::less<>> names GUARDED_BY(mutex);
};
Removed& removed_functions() {
  static Removed removed;
  return removed;
}

struct Doomed {
  duckdb::CatalogType type;
  duckdb::Identifier schema;
  duckdb::Identifier name;
};

}  // namespace

void lock_down(duckdb::DuckDB& database) {
  duckdb::Connection connection(database);
  connection.BeginTransaction();
  duckdb::ClientContext& context = *connection.context;
  duckdb::Catalog& catalog = duckdb::Catalog::GetSystemCatalog(context);
  std::vector<Doomed> doomed;
  catalog.ScanSchemas(context, [&](duckdb::SchemaCatalogEntry& schema) {
    for (const auto type : {duckdb::CatalogType::TABLE_FUNCTION_ENTRY, duckdb::CatalogType::SCALAR_FUNCTION_ENTRY,
                            duckdb::CatalogType::MACRO_ENTRY, duckdb::CatalogType::TABLE_MACRO_ENTRY})
      schema.Scan(context, type, [&](duckdb::CatalogEntry& entry) {
        if (!stays(entry.type, lower_case(entry.name.GetIdentifierName())))
          doomed.push_back({entry.type, schema.name, entry.name});
      });
  });
  for (const Doomed& each : doomed) {
    duckdb::DropInfo drop;
    drop.type = each.type;
    drop.SetQualifiedName(catalog.GetName(), each.schema, each.name);
    drop.if_not_found = duckdb::OnEntryNotFound::RETURN_NULL;  // one entry may stand in two lists
    drop.allow_drop_internal = true;
    drop.cascade = true;
    catalog.DropEntry(context, drop);
  }
  connection.Commit();
  Removed& removed = removed_functions();
  const MutexLock lock(removed.mutex);
  for (const Doomed& each : doomed) removed.names.insert(lower_case(each.name.GetIdentifierName()));
}

bool is_locked(std::string_view function) {
  const std::string name = lower_case(function);
  Removed& removed = removed_functions();
  const MutexLock lock(removed.mutex);
  return removed.names.contains(name);
}

}  // namespace magnetite::query::sql
