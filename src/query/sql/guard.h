// What a client may ask for: one statement that reads. Everything else is refused before it is planned.
#pragma once

#include "base/result.h"

namespace duckdb {
class SQLStatement;
}

namespace magnetite::query::sql {

// kInvalidInput unless it reads only.
Result<> check_reads_only(const duckdb::SQLStatement& statement);

}  // namespace magnetite::query::sql
