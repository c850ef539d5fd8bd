// Texts become times by time_text.h: DuckDB's own casts pass over offsets and miss the ends of the nanosecond range.
#pragma once

namespace duckdb {
class DatabaseInstance;
}

namespace magnetite::query::sql {

void register_time_casts(duckdb::DatabaseInstance& database);

}  // namespace magnetite::query::sql
