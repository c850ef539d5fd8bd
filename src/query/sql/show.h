// Statements of other dialects, said in DuckDB's: SHOW TABLES, SHOW DATABASES, SHOW COLUMNS FROM t. Pure but for names
// of tables.
#pragma once

#include <string>
#include <string_view>

#include "query/table_snapshot.h"

namespace magnetite::query::sql {

// Others come back unchanged. `current` is the statement's own database. A table may be called t, db.t, iox.t or
// public.db.t, in any case; one that is not there fails as a SELECT from it would.
std::string translate_show(std::string_view sql, const DatabaseSource& databases, const TableSource& current);

}  // namespace magnetite::query::sql
