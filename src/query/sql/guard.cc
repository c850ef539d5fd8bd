#include "query/sql/guard.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <duckdb.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>

namespace magnetite::query::sql {

std::string translate_show(std::string_view sql) {
  static const re2::RE2 tables(R"re((?i)\s*show\s+tables\s*;?\s*)re");
  static const re2::RE2 databases(R"re((?i)\s*show\s+databases\s*;?\s*)re");
  static const re2::RE2 columns(R"re((?i)\s*show\s+columns\s+(?:from|in)\s+(?:"((?:[^"]|"")+)"|([^\s;"]+))\s*;?\s*)re");
  if (re2::RE2::FullMatch(sql, tables))
    return "SELECT table_catalog, table_schema, table_name, table_type FROM information_schema.tables "
           "WHERE table_catalog = current_catalog() AND table_schema = current_schema() ORDER BY table_name";
  if (re2::RE2::FullMatch(sql, databases))
    return "SELECT schema_name AS db_name FROM information_schema.schemata "
           "WHERE catalog_name = current_catalog() AND schema_name <> 'system' ORDER BY schema_name";
  std::string quoted, bare;
  if (re2::RE2::FullMatch(sql, columns, &quoted, &bare)) {
    std::string table = quoted.empty() ? bare : quoted;
    re2::RE2::GlobalReplace(&table, "\"\"", "\"");
    re2::RE2::GlobalReplace(&table, "'", "''");
    return fmt::format(
        "SELECT table_catalog, table_schema, table_name, column_name, data_type, is_nullable "
        "FROM information_schema.columns WHERE table_catalog = current_catalog() AND table_schema = current_schema() "
        "AND table_name = '{}' ORDER BY ordinal_position",
        table);
  }
  return std::string(sql);
}

Result<> check_nesting(std::string_view sql) {
  constexpr int kDepthMax = 200;  // people write a dozen; the parser's time grows with the square of the depth
  int depth = 0;
  char quote = 0;
  for (const char c : sql) {
    if (quote != 0) {
      if (c == quote) quote = 0;
      continue;
    }
    if (c == '\'' || c == '"') quote = c;
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (depth > kDepthMax)
      return fail(ErrorCode::kInvalidInput, fmt::format("brackets are nested deeper than {} levels", kDepthMax));
  }
  return {};
}

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
