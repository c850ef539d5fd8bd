#include "http/query_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <glaze/json.hpp>
#include <optional>

namespace magnetite::http {

// Not in the unnamed namespace: glaze finds the names of members through the linkage of their type.
struct QueryJsonBody {
  std::optional<std::string> db;
  std::optional<std::string> q;
  std::optional<std::string> format;
  std::optional<glz::generic_u64> params;
};

namespace {

constexpr glz::opts kLenient{.error_on_unknown_keys = false};

Result<query::sql::ParameterValue> to_parameter(const std::string& name, const glz::generic_u64& value) {
  if (value.is_null()) return query::sql::ParameterValue();
  if (value.is_boolean()) return query::sql::ParameterValue(value.get<bool>());
  if (value.is_string()) return query::sql::ParameterValue(value.get<std::string>());
  if (const auto* whole = value.get_if<int64_t>()) return query::sql::ParameterValue(*whole);
  if (const auto* whole = value.get_if<uint64_t>()) {
    if (std::in_range<int64_t>(*whole)) return query::sql::ParameterValue(static_cast<int64_t>(*whole));
    return query::sql::ParameterValue(*whole);
  }
  if (const auto* number = value.get_if<double>()) return query::sql::ParameterValue(*number);
  return fail(ErrorCode::kInvalidInput,
              fmt::format("parameter '{}' must be a string, a number, a boolean or null", name));
}

Result<> take_parameters(const glz::generic_u64& params, QueryRequest& out) {
  if (params.is_null()) return {};
  if (!params.is_object()) return fail(ErrorCode::kInvalidInput, "params must be a JSON object");
  for (const auto& [name, value] : params.get_object()) {
    MAGNETITE_TRY(query::sql::ParameterValue converted, to_parameter(name, value));
    out.parameters.emplace_back(name, std::move(converted));
  }
  return {};
}

// The first media type of Accept that we can send.
Result<result_format::Format> format_of_accept(std::string_view accept) {
  using result_format::Format;
  static constexpr std::array<std::pair<std::string_view, Format>, 9> kTypes = {
      {{"application/json", Format::kJson},
       {"*/*", Format::kJson},
       {"application/*", Format::kJson},
       {"text/html", Format::kJson},
       {"application/jsonl", Format::kJsonLines},
       {"text/csv", Format::kCsv},
       {"application/vnd.apache.parquet", Format::kParquet},
       {"text/plain", Format::kPretty},
       {"text/*", Format::kPretty}}};
  if (accept.empty()) return Format::kJson;
  for (std::string_view rest = accept; !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string_view type = rest.substr(0, std::min(comma, rest.find(';')));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    while (type.starts_with(' ')) type.remove_prefix(1);
    while (type.ends_with(' ')) type.remove_suffix(1);
    const auto* found = std::ranges::find(kTypes, type, &std::pair<std::string_view, Format>::first);
    if (found != kTypes.end()) return found->second;
  }
  return fail(ErrorCode::kInvalidInput,
              fmt::format("nothing in Accept '{}' can be sent: use application/json, application/jsonl, text/csv, "
                          "text/plain or application/vnd.apache.parquet, or the parameter format",
                          accept));
}

struct Texts {
  std::string format;
  glz::generic_u64 params;
};

Result<> read_json_body(const std::string& text, QueryRequest& out, Texts& texts) {
  QueryJsonBody body;
  if (const auto error = glz::read<kLenient>(body, text))
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the body is no JSON object with db and q: {}", glz::format_error(error, text)));
  if (body.db) out.database = *std::move(body.db);
  if (body.q) out.sql = *std::move(body.q);
  if (body.format) texts.format = *std::move(body.format);
  if (body.params) texts.params = *std::move(body.params);
  return {};
}

Result<> read_parameters(const Parameters& parameters, QueryRequest& out, Texts& texts) {
  if (const auto db = parameters.find("db")) out.database = *db;
  if (const auto q = parameters.find("q")) out.sql = *q;
  if (const auto format = parameters.find("format")) texts.format = *format;
  if (const auto params = parameters.find("params"); params && !params->empty())
    if (glz::read<kLenient>(texts.params, std::string(*params)))
      return fail(ErrorCode::kInvalidInput, "params is no JSON object");
  return {};
}

}  // namespace

std::optional<std::string> database_of_path(std::string_view path) {
  constexpr std::string_view kEnd = "/query";
  if (!path.starts_with(kDatabasesPath) || !path.ends_with(kEnd)) return std::nullopt;
  path.remove_prefix(kDatabasesPath.size());
  if (path.size() <= kEnd.size()) return std::nullopt;
  path.remove_suffix(kEnd.size());
  if (path.contains('/')) return std::nullopt;
  return percent_decoded(path);
}

Result<QueryRequest> parse_query_request(const Request& request) {
  QueryRequest out;
  Texts texts;
  MAGNETITE_RETURN_IF_ERROR(read_parameters(request.parameters, out, texts));
  if (request.method == "POST" && !request.body.empty()) {
    // curl -d calls any body a form, so the body itself decides.
    const bool form = request.content_type == "application/x-www-form-urlencoded" && request.body.front() != '{';
    MAGNETITE_RETURN_IF_ERROR(form ? read_parameters(Parameters::parse(request.body), out, texts)
                                   : read_json_body(request.body, out, texts));
  }
  const std::optional<std::string> named = database_of_path(request.path);
  if (named) out.database = *named;
  if (out.database.empty()) return fail(ErrorCode::kInvalidInput, "parameter db is missing");
  if (out.sql.empty()) return fail(ErrorCode::kInvalidInput, "parameter q is missing");
  if (texts.format.empty() && named) {
    out.format = result_format::Format::kPretty;
  } else if (texts.format.empty()) {
    MAGNETITE_TRY(out.format, format_of_accept(request.accept));
  } else {
    MAGNETITE_TRY(out.format, result_format::parse_format(texts.format));
  }
  MAGNETITE_RETURN_IF_ERROR(take_parameters(texts.params, out));
  return out;
}

}  // namespace magnetite::http
