#include "cli/failure.h"

#include <fmt/format.h>

namespace magnetite::cli {
namespace {

// Codes of gRPC; this file needs no more of it.
constexpr int kCancelled = 1;
constexpr int kInvalidArgument = 3;
constexpr int kDeadlineExceeded = 4;
constexpr int kNotFound = 5;
constexpr int kAlreadyExists = 6;
constexpr int kPermissionDenied = 7;
constexpr int kResourceExhausted = 8;
constexpr int kFailedPrecondition = 9;
constexpr int kUnimplemented = 12;
constexpr int kUnavailable = 14;
constexpr int kUnauthenticated = 16;

// The management API says "Resource database/NAME not found", a query "Database NAME not found".
bool names_a_database(std::string_view message) {
  return message.ends_with(" not found") &&
         (message.starts_with("Resource database/") || message.starts_with("Database "));
}

}  // namespace

Error to_error(const CallFailure& failure) {
  const std::string message(failure.message);
  if (!failure.is_connected)
    return Error(
        ErrorCode::kUnavailable,
        fmt::format("Error connecting to {}: {} (is the server running? --host or MAGNETITE_ADDR names another)",
                    failure.url, message));
  switch (failure.grpc_code) {
    case kNotFound:
      if (names_a_database(message))
        return Error(ErrorCode::kNotFound,
                     fmt::format("Database not found: {} (`magnetite database list` shows what there is)", message));
      return Error(ErrorCode::kNotFound, message);
    case kAlreadyExists:
      return Error(ErrorCode::kAlreadyExists, "Database already exists: " + message);
    case kInvalidArgument:
      return Error(ErrorCode::kInvalidInput, message);
    case kFailedPrecondition:
      return Error(ErrorCode::kFailedPrecondition, message);
    case kResourceExhausted:
      return Error(ErrorCode::kResourceExhausted, message);
    case kDeadlineExceeded:
      return Error(ErrorCode::kDeadlineExceeded, message);
    case kCancelled:
      return Error(ErrorCode::kCancelled, message);
    case kUnauthenticated:
      return Error(ErrorCode::kFailedPrecondition, message + " (--token or MAGNETITE_TOKEN gives a token)");
    case kPermissionDenied:
      return Error(ErrorCode::kFailedPrecondition, "Not allowed: " + message);
    case kUnimplemented:
      return Error(ErrorCode::kFailedPrecondition,
                   message.empty() ? fmt::format("the server at {} does not know this call: is it older than this "
                                                 "program? `magnetite --version`",
                                                 failure.url)
                                   : message);
    case kUnavailable:
      return Error(
          ErrorCode::kResourceExhausted,
          fmt::format("Not now: {} (`magnetite server wait-server-initialized` waits while databases load)", message));
    default:
      return Error(ErrorCode::kInternal, "Unexpected server error: " + message);
  }
}

ExitCode exit_code_of(const Error& error) {
  return error.code() == ErrorCode::kUnavailable ? ExitCode::kUnreachable : ExitCode::kRefused;
}

}  // namespace magnetite::cli
