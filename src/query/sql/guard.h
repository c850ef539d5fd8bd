// What a client may ask for: one statement that reads. Everything else is refused before it is planned.
#pragma once

#include "base/result.h"

namespace duckdb {
class SQLStatement;
}

namespace magnetite::query::sql {

// kInvalidInput unless it reads only, and unless the names that its SELECT lists give and use again stay small when
// they are put in: planning does that, and cannot be interrupted. `SHOW name` becomes `DESCRIBE name`; of itself it
// would show a setting.
Result<> admit(duckdb::SQLStatement& statement);

}  // namespace magnetite::query::sql
