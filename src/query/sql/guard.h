// What a client may ask for: one statement that reads. Everything else is refused before it is planned.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace duckdb {
class SQLStatement;
}

namespace magnetite::query::sql {

// Statements of other dialects, said in DuckDB's: SHOW TABLES, SHOW COLUMNS FROM t, SHOW DATABASES. Others unchanged.
std::string translate_show(std::string_view sql);

// kInvalidInput for brackets nested so deep that the parser would take minutes and gigabytes over them.
Result<> check_nesting(std::string_view sql);

// kInvalidInput unless it reads only.
Result<> check_reads_only(const duckdb::SQLStatement& statement);

}  // namespace magnetite::query::sql
