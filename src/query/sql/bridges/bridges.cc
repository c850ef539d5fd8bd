#include "query/sql/bridges/bridges.h"

#include <duckdb.hpp>

namespace magnetite::query::sql {

void register_bridges(duckdb::DatabaseInstance&) {}

}  // namespace magnetite::query::sql
