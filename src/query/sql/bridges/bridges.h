// Functions that other dialects have, or that DuckDB has for microseconds only: ours keep nanoseconds.
#pragma once

namespace duckdb {
class DatabaseInstance;
}

namespace magnetite::query::sql {

void register_bridges(duckdb::DatabaseInstance& database);

}  // namespace magnetite::query::sql
