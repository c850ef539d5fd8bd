#include "http/query_request.h"

#include <fmt/format.h>

#include <cmath>

#include <glaze/json.hpp>

namespace magnetite::http {
namespace {

struct JsonBody {
  std::optional<std::string> db;
  std::optional<std::string> q;
  std::optional<std::string> format;
  std::optional<glz::generic_i64> params;
};

Result<query::sql::ParameterValue> to_parameter(const std::string& name, const glz::generic_i64& value) {
  if (value.is_null()) return query::sql::ParameterValue();
  if (value.is_boolean()) return query::sql::ParameterValue(value.get<bool>());
  if (value.is_string()) return query::sql::ParameterValue(value.get<std::string>());
  if (const auto* whole = value.get_if<int64_t>()) return query::sql::ParameterValue(*whole);
  if (const auto* number = value.get_if<double>()) return query::sql::ParameterValue(*number);
  return fail(ErrorCode::kInvalidInput, fmt::format("parameter '{}' must be a string, a number, a boolean or null", name));
}

Result<> take_parameters(const glz::generic_i64& params, QueryRequest& out) {
  if (params.is_null()) return {};
  if (!params.is_object()) return fail(ErrorCode::kInvalidInput, "params must be a JSON object");
  for (const auto& [name, value] : params.get_object()) {
    MAGNETITE_TRY(query::sql::ParameterValue converted, to_parameter(name, value));
    out.parameters.emplace_back(name, std::move(converted));
  }
  return {};
}

Result<result_format::Format> format_of(std::string_view word, std::string_view accept) {
  if (!word.empty()) return result_format::parse_format(word);
  if (accept.empty() || accept.contains("*/*") || accept.contains("application/json") || accept.contains("text/html"))
    return result_format::Format::kJson;
  if (accept.contains("application/jsonl")) return result_format::Format::kJsonLines;
  if (accept.contains("text/csv")) return result_format::Format::kCsv;
  if (accept.contains("text/plain")) return result_format::Format::kPretty;
  return fail(ErrorCode::kInvalidInput, fmt::format("nothing in Accept '{}' can be sent: use application/json, "
                                                    "application/jsonl, text/csv or text/plain", accept));
}

}  // namespace

Result<QueryRequest> parse_query_request(const Request& request) {
  QueryRequest out;
  std::string format(request.parameters.get("format"));
  out.database = request.parameters.get("db");
  out.sql = request.parameters.get("q");
  glz::generic_i64 params;
  constexpr glz::opts kLenient{.error_on_unknown_keys = false};
  if (request.method == "POST" && !request.body.empty()) {
    JsonBody body;
    if (const auto error = glz::read<kLenient>(body, request.body))
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("the body is no JSON object with db and q: {}", glz::format_error(error, request.body)));
    if (body.db) out.database = *body.db;
    if (body.q) out.sql = *body.q;
    if (body.format) format = *body.format;
    if (body.params) params = *std::move(body.params);
  } else if (const auto text = request.parameters.find("params")) {
    if (const auto error = glz::read<kLenient>(params, std::string(*text)))
      return fail(ErrorCode::kInvalidInput, "params is no JSON object");
  }
  if (out.database.empty()) return fail(ErrorCode::kInvalidInput, "parameter db is missing");
  if (out.sql.empty()) return fail(ErrorCode::kInvalidInput, "parameter q is missing");
  MAGNETITE_TRY(out.format, format_of(format, request.accept));
  MAGNETITE_RETURN_IF_ERROR(take_parameters(params, out));
  return out;
}

}  // namespace magnetite::http
