#include "http/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <glaze/json.hpp>

#include "line_protocol/utf8.h"
#include "server/server.h"

namespace magnetite::http {
namespace {

std::string_view v2_code(int status) {
  switch (status) {
    case 400:
    case 408:
    case 422:
      return "invalid";
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
      return "not found";
    case 409:
      return "conflict";
    case 413:
      return "request too large";
    case 429:
      return "too many requests";
    case 503:
      return "unavailable";
    default:
      return "internal error";
  }
}

std::string error_body(std::string_view text, int status, Api api) {
  const std::string quoted = json_text(text);
  if (api != Api::kV2) return fmt::format(R"({{"error":{}}})", quoted);
  constexpr int kErrorCodeUnknown = 100;  // of the 2021 server, for its clients
  return fmt::format(R"({{"code":"{}","message":{},"error":{},"error_code":{}}})", v2_code(status), quoted, quoted,
                     kErrorCodeUnknown);
}

std::string line_json(const line_protocol::LineError& error) {
  return fmt::format(R"({{"error_message":{},"line_number":{},"original_line":{}}})",
                     json_text(fmt::format("column {}: {}", error.column, error.message)), error.line_number,
                     json_text(error.original));
}

std::string lines_json(const std::vector<line_protocol::LineError>& errors) {
  std::string lines;
  for (const line_protocol::LineError& error : errors) {
    if (!lines.empty()) lines += ',';
    lines += line_json(error);
  }
  return lines;
}

// One text for all: v1 and v2 have no list of lines. Agents drop a batch, rather than send it for ever, when they read
// "partial write" or "unable to parse".
std::string summary(const database::WriteReport& report, const line_protocol::LineError& first) {
  const std::string what = report.lines_accepted > 0 ? "partial write" : "unable to parse";
  return fmt::format("{}: line {}, column {}: {} dropped={}", what, first.line_number, first.column, first.message,
                     report.lines_rejected);
}

struct EscapeControls : glz::opts {
  bool escape_control_characters = true;
};

}  // namespace

Api api_of(std::string_view path) {
  if (path.starts_with("/api/v3/")) return Api::kV3;
  return path.starts_with("/api/v2/") || path.starts_with("/iox/") ? Api::kV2 : Api::kV1;
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return 400;
    case ErrorCode::kLimitExceeded:
      return 422;
    case ErrorCode::kTooLarge:
      return 413;
    case ErrorCode::kUnauthenticated:
      return 401;
    case ErrorCode::kPermissionDenied:
      return 403;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
      return 409;
    case ErrorCode::kResourceExhausted:
      return 429;
    case ErrorCode::kUnavailable:
    case ErrorCode::kUnclear:
    case ErrorCode::kShutdown:
      return 503;
    case ErrorCode::kDeadlineExceeded:
      return 504;
    case ErrorCode::kCancelled:
      return kStatusNoAnswer;
    case ErrorCode::kCorruption:
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

std::string json_text(std::string_view text) {
  std::string out;  // a client's own bytes are quoted back; JSON must be UTF-8
  if (glz::write<EscapeControls{}>(line_protocol::printable(text, text.size()), out)) return "\"\"";
  return out;
}

Response error_answer(const Error& error, Api api) { return error_answer(error, api, status_of(error.code())); }

Response error_answer(const Error& error, Api api, int status) {
  Response response = text_answer(status, error_body(error.message(), status, api), "application/json");
  if (status == 401)
    response.headers.emplace_back("WWW-Authenticate", R"(Bearer realm="magnetite", Basic realm="magnetite")");
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Response write_answer(const database::WriteReport& report, Api api, bool accept_partial) {
  Response response;
  response.status = 204;
  if (report.lines_rejected == 0) return response;
  const bool only_limits =
      !report.limit_errors.empty() && std::ranges::all_of(report.limit_errors, [](bool limit) { return limit; });
  response.status = only_limits ? 422 : 400;
  response.content_type = "application/json";
  const line_protocol::LineError first = report.errors.empty() ? line_protocol::LineError{} : report.errors.front();
  if (api != Api::kV3) {
    response.body = error_body(summary(report, first), response.status, api);
  } else if (accept_partial) {
    response.body =
        fmt::format(R"({{"error":"partial write of line protocol occurred","data":[{}]}})", lines_json(report.errors));
  } else {  // both wordings that clients look for
    response.body =
        fmt::format(R"({{"error":"parsing failed for write_lp endpoint: line protocol parsing error","data":{}}})",
                    line_json(first));
  }
  return response;
}

}  // namespace magnetite::http
