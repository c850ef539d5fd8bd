#include "http/v1_statements.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <vector>

#include "http/answers.h"
#include "server/server.h"

namespace magnetite::http {
namespace {

// Splits at ';' outside quotes.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> statements(1);
  char quote = 0;
  for (const char c : text) {
    if (quote != 0 && c == quote)
      quote = 0;
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    if (c == ';' && quote == 0)
      statements.emplace_back();
    else
      statements.back() += c;
  }
  return statements;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

// The rest of a result object after its statement id.
std::string run(const std::string& statement, server::Server& server) {
  static const re2::RE2 create(R"re((?is)\s*create\s+database\s+(?:"((?:[^"\\]|\\.)+)"|([^\s"]+))(?:\s+with\s.*)?\s*)re");
  static const re2::RE2 show(R"re((?is)\s*show\s+databases\s*)re");
  std::string quoted, bare;
  if (re2::RE2::FullMatch(statement, show)) {
    std::string values;
    for (const std::string& name : server.database_names()) {
      if (!values.empty()) values += ',';
      values += fmt::format("[{}]", json_text(name));
    }
    return fmt::format(R"(,"series":[{{"name":"databases","columns":["name"],"values":[{}]}}])", values);
  }
  if (re2::RE2::FullMatch(statement, create, &quoted, &bare)) {
    re2::RE2::GlobalReplace(&quoted, R"(\\(.))", R"(\1)");
    auto created = server.create_database(model::default_rules(quoted.empty() ? bare : quoted));
    if (created || created.error().code() == ErrorCode::kAlreadyExists) return {};  // creating again is fine in v1
    return fmt::format(R"(,"error":{})", json_text(created.error().message()));
  }
  return fmt::format(R"(,"error":{})",
                     json_text(fmt::format("only CREATE DATABASE and SHOW DATABASES are answered here, not '{}'; query with "
                                           "SQL at /api/v3/query_sql", statement)));
}

}  // namespace

std::string run_v1_statements(std::string_view text, server::Server& server) {
  std::string results;
  int id = 0;
  for (const std::string& statement : split(text)) {
    if (is_blank(statement)) continue;
    if (id > 0) results += ',';
    results += fmt::format(R"({{"statement_id":{}{}}})", id, run(statement, server));
    ++id;
  }
  return fmt::format("{{\"results\":[{}]}}\n", results);
}

}  // namespace magnetite::http
