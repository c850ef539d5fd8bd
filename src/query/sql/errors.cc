#include "query/sql/errors.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include "query/sql/lockdown.h"

namespace magnetite::query::sql {
namespace {

ErrorCode code_of(duckdb::ExceptionType type) {
  switch (type) {
    case duckdb::ExceptionType::PARSER:
    case duckdb::ExceptionType::SYNTAX:
    case duckdb::ExceptionType::BINDER:
    case duckdb::ExceptionType::CATALOG:
    case duckdb::ExceptionType::CONVERSION:
    case duckdb::ExceptionType::INVALID_INPUT:
    case duckdb::ExceptionType::INVALID_TYPE:
    case duckdb::ExceptionType::MISMATCH_TYPE:
    case duckdb::ExceptionType::OUT_OF_RANGE:
    case duckdb::ExceptionType::DIVIDE_BY_ZERO:
    case duckdb::ExceptionType::DECIMAL:
    case duckdb::ExceptionType::NOT_IMPLEMENTED:
    case duckdb::ExceptionType::PERMISSION:
    case duckdb::ExceptionType::PARAMETER_NOT_ALLOWED:
    case duckdb::ExceptionType::PARAMETER_NOT_RESOLVED:
    case duckdb::ExceptionType::EXPRESSION:
    case duckdb::ExceptionType::CONSTRAINT:
    case duckdb::ExceptionType::SETTINGS:
      return ErrorCode::kInvalidInput;
    case duckdb::ExceptionType::OUT_OF_MEMORY:
      return ErrorCode::kResourceExhausted;
    case duckdb::ExceptionType::INTERRUPT:
      return ErrorCode::kCancelled;
    default:
      return ErrorCode::kInternal;
  }
}

// Clients of InfluxDB look for this wording of a missing table.
std::string in_words_clients_know(std::string text) {
  constexpr std::string_view kMissing = "Table with name ";
  constexpr std::string_view kNotThere = " does not exist";
  if (!text.starts_with(kMissing)) return text;
  const size_t end = text.find(kNotThere);
  if (end == std::string::npos) return text;
  return fmt::format("Table or CTE with name '{}' not found{}", text.substr(kMissing.size(), end - kMissing.size()),
                     text.substr(end + kNotThere.size()));
}

}  // namespace

Error translate(const duckdb::ErrorData& error) {
  const ErrorCode code = code_of(error.Type());
  std::string text = error.RawMessage();
  static const re2::RE2 missing_function(
      R"re(Function with name "?([^"\s]+)"? (?:does not exist|is not in the catalog, but it exists in the (\S+) extension))re");
  std::string function;
  std::string extension;
  if (code == ErrorCode::kInvalidInput && re2::RE2::PartialMatch(text, missing_function, &function, &extension)) {
    if (is_locked(function))
      return Error(code, fmt::format("{}() is not available: SQL reads the tables of this server, not its machine, "
                                     "files or settings",
                                     function));
    if (!extension.empty())
      return Error(code, fmt::format("{}() belongs to DuckDB's extension {}, which this server does not have", function,
                                     extension));
  }
  return Error(code, in_words_clients_know(std::move(text)));
}

Error without_excerpt(Error error) {
  const std::string& text = error.message();
  const size_t excerpt = text.find("\n\nLINE ");
  return excerpt == std::string::npos ? std::move(error) : Error(error.code(), text.substr(0, excerpt));
}

}  // namespace magnetite::query::sql
