#include "http/answers.h"

#include <fmt/format.h>

#include <algorithm>

#include <glaze/json.hpp>

#include "line_protocol/utf8.h"

namespace magnetite::http {
namespace {

std::string_view v2_code(int status) {
  switch (status) {
    case 400: case 422: return "invalid";
    case 401: return "unauthorized";
    case 403: return "forbidden";
    case 404: return "not found";
    case 409: return "conflict";
    case 413: return "request too large";
    case 429: return "too many requests";
    case 503: return "unavailable";
    default: return "internal error";
  }
}

std::string error_body(std::string_view text, int status, Api api) {
  if (api == Api::kV2) {
    constexpr int kErrorCodeUnknown = 100;  // of the 2021 server, for its clients
    return fmt::format(R"({{"code":"{}","message":{},"error":{},"error_code":{}}})", v2_code(status), json_text(text),
                       json_text(text), kErrorCodeUnknown);
  }
  return fmt::format(R"({{"error":{}}})", json_text(text));
}

std::string place_and_reason(const line_protocol::LineError& error) {
  return fmt::format("line {}, column {}: {}", error.line_number, error.column, error.message);
}

std::string line_json(const line_protocol::LineError& error) {
  return fmt::format(R"({{"error_message":{},"line_number":{},"original_line":{}}})",
                     json_text(fmt::format("column {}: {}", error.column, error.message)), error.line_number,
                     json_text(error.original));
}

}  // namespace

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput: return 400;
    case ErrorCode::kLimitExceeded: return 422;
    case ErrorCode::kTooLarge: return 413;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition: return 409;
    case ErrorCode::kResourceExhausted: return 429;
    case ErrorCode::kUnavailable:
    case ErrorCode::kUnclear:
    case ErrorCode::kShutdown: return 503;
    case ErrorCode::kDeadlineExceeded: return 408;
    case ErrorCode::kCancelled: return 499;
    case ErrorCode::kCorruption:
    case ErrorCode::kInternal: return 500;
  }
  return 500;
}

std::string json_text(std::string_view text) {
  std::string valid(text);  // a client's own bytes are quoted back; JSON must be UTF-8
  for (size_t at; (at = line_protocol::find_invalid_utf8(valid)) != std::string::npos;) valid[at] = '?';
  return glz::write_json(valid).value_or("\"\"");
}

Response error_answer(const Error& error, Api api) {
  Response response;
  response.status = status_of(error.code());
  response.content_type = "application/json";
  response.body = error_body(error.message(), response.status, api);
  if (error.is_retryable() || error.code() == ErrorCode::kShutdown) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Response write_answer(const database::WriteReport& report, Api api, bool accept_partial) {
  Response response;
  if (report.lines_rejected == 0) {
    response.status = 204;
    return response;
  }
  const bool only_limits = !report.errors.empty() && std::ranges::all_of(report.limit_errors, [](bool limit) { return limit; });
  response.status = only_limits ? 422 : 400;
  response.content_type = "application/json";
  const line_protocol::LineError first = report.errors.empty() ? line_protocol::LineError{} : report.errors.front();
  if (api == Api::kV3 && !accept_partial) {
    // Both wordings that clients look for.
    response.body = fmt::format(R"({{"error":"parsing failed for write_lp endpoint: line protocol parsing error","data":{}}})",
                                line_json(first));
  } else if (api == Api::kV3) {
    std::string lines;
    for (const line_protocol::LineError& error : report.errors) {
      if (!lines.empty()) lines += ',';
      lines += line_json(error);
    }
    response.body = fmt::format(R"({{"error":"partial write of line protocol occurred","data":[{}]}})", lines);
  } else {
    const std::string what = report.lines_accepted > 0 ? "partial write" : "unable to parse";
    response.body = error_body(fmt::format("{}: {} dropped={}", what, place_and_reason(first), report.lines_rejected),
                               response.status, api);
  }
  return response;
}

}  // namespace magnetite::http
