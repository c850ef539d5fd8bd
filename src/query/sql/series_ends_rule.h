// An optimizer rule: statements that ask for the last (or first) rows of series read only those. It changes what scans
// give, never the plan above them, so an answer does not depend on it.
//
// The scan below an operator (through projections and filters) is narrowed where
//   - an aggregate groups by tags and takes max(time), arg_max(x, time), last(x ORDER BY time) or their counterparts,
//   - DISTINCT ON tags keeps the first row by time, or a limit takes the first rows by time,
//   - a join keeps of a table only the rows at max(time) by tags of the same table.
// Filters below must be on tags (constant within a series) or exact on time (applied before rows are picked).
#pragma once

namespace duckdb {
struct DBConfig;
}

namespace magnetite::query::sql {

void register_series_ends_rule(duckdb::DBConfig& config);

}  // namespace magnetite::query::sql
