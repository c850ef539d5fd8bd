// What /api/v3/query_sql is asked, from the query string or a JSON body.
#pragma once

#include <string>
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

// kInvalidInput names what is missing or malformed.
Result<QueryRequest> parse_query_request(const Request& request);

}  // namespace magnetite::http
