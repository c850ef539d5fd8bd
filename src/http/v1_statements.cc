#include "http/v1_statements.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <vector>

#include "access/grant.h"
#include "http/status.h"
#include "server/server.h"

namespace magnetite::http {
namespace {

// Splits at ';' outside quotes.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> statements(1);
  char quote = 0;
  bool escaped = false;
  for (const char c : text) {
    if (c == ';' && quote == 0) {
      statements.emplace_back();
      continue;
    }
    statements.back() += c;
    if (escaped)
      escaped = false;
    else if (c == '\\')
      escaped = quote != 0;
    else if (c == quote)
      quote = 0;
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
  }
  return statements;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

Result<> create(const std::string& name, server::Server& server) {
  auto created = server.create_database(model::default_rules(name));
  if (!created && created.error().code() == ErrorCode::kAlreadyExists) return {};  // creating again is fine in v1
  return created;
}

std::string names_series(const std::vector<std::string>& names) {
  std::string values;
  for (const std::string& name : names) {
    if (!values.empty()) values += ',';
    values += fmt::format("[{}]", json_text(name));
  }
  return fmt::format(R"(,"series":[{{"name":"databases","columns":["name"],"values":[{}]}}])", values);
}

// The rest of a result object after its statement id.
Result<std::string> run(std::string_view statement, server::Server& server, const access::Grant& grant) {
  // WITH names retention, replication and shards: accepted, without a meaning here.
  static const re2::RE2 create_database(
      R"re((?is)create\s+database\s+(?:if\s+not\s+exists\s+)?(?:"((?:[^"\\]|\\.)+)"|([^\s"]+))(?:\s+with\s.*)?)re");
  static const re2::RE2 show_databases(R"re((?is)show\s+databases)re");
  std::string quoted, bare;
  if (re2::RE2::FullMatch(statement, show_databases)) {
    std::vector<std::string> names = server.database_names();
    std::erase_if(names, [&](const std::string& name) { return !access::may_read(grant, name); });
    return names_series(names);
  }
  if (re2::RE2::FullMatch(statement, create_database, &quoted, &bare)) {
    re2::RE2::GlobalReplace(&quoted, R"(\\(.))", R"(\1)");
    const std::string& name = quoted.empty() ? bare : quoted;
    MAGNETITE_RETURN_IF_ERROR(access::authorize(grant, access::Need::write(name)));
    MAGNETITE_RETURN_IF_ERROR(create(name, server));
    return std::string();
  }
  constexpr size_t kShownBytesMax = 200;
  return fail(ErrorCode::kInvalidInput,
              fmt::format("'{}' is not supported yet: only CREATE DATABASE and SHOW DATABASES are; query with SQL at "
                          "/api/v3/query_sql",
                          statement.substr(0, kShownBytesMax)));
}

}  // namespace

std::string run_v1_statements(std::string_view text, server::Server& server, const access::Grant& grant) {
  std::string results;
  int id = 0;
  bool failed = false;
  for (const std::string& each : split(text)) {
    const std::string_view statement = trimmed(each);
    if (statement.empty()) continue;
    Result<std::string> result =
        failed ? fail(ErrorCode::kInvalidInput, "not executed") : run(statement, server, grant);
    failed = !result;
    if (failed) result = fmt::format(R"(,"error":{})", json_text(result.error().message()));
    results += fmt::format(R"({}{{"statement_id":{}{}}})", id == 0 ? "" : ",", id, *result);
    ++id;
  }
  return fmt::format("{{\"results\":[{}]}}\n", results);
}

}  // namespace magnetite::http
