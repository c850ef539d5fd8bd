#include "query/sql/guard.h"

#include <fmt/format.h>

#include <duckdb.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>

namespace magnetite::query::sql {

Result<> check_reads_only(const duckdb::SQLStatement& statement) {
  if (statement.type == duckdb::StatementType::SELECT_STATEMENT) return {};
  if (statement.type == duckdb::StatementType::EXPLAIN_STATEMENT)
    return check_reads_only(*static_cast<const duckdb::ExplainStatement&>(statement).stmt);
  return fail(ErrorCode::kInvalidInput,
              fmt::format("{} statements are not allowed: only SELECT, WITH, VALUES, SHOW, DESCRIBE, SUMMARIZE and "
                          "EXPLAIN read data; write with line protocol",
                          duckdb::StatementTypeToString(statement.type)));
}

}  // namespace magnetite::query::sql
