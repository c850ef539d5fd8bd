// What /api/v3/query_sql is asked, from the query string or a JSON body, and its 2021 form, whose path names the
// database.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "query/sql/engine.h"
#include "result_format/result_format.h"

namespace magnetite::http {

struct QueryRequest {
  std::string database;
  std::string sql;
  result_format::Format format = result_format::Format::kJson;
  std::vector<std::pair<std::string, query::sql::ParameterValue>> parameters;
};

inline constexpr std::string_view kDatabasesPath = "/iox/api/v1/databases/";
// Of /iox/api/v1/databases/<name>/query, percent-decoded once; nullopt for other paths.
std::optional<std::string> database_of_path(std::string_view path);

// kInvalidInput names what is missing or malformed.
Result<QueryRequest> parse_query_request(const Request& request);

}  // namespace magnetite::http
