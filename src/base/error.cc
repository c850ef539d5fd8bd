#include "base/error.h"

#include <fmt/format.h>

namespace magnetite {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return "invalid input";
    case ErrorCode::kLimitExceeded:
      return "limit exceeded";
    case ErrorCode::kTooLarge:
      return "too large";
    case ErrorCode::kUnauthenticated:
      return "unauthenticated";
    case ErrorCode::kPermissionDenied:
      return "permission denied";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kAlreadyExists:
      return "already exists";
    case ErrorCode::kFailedPrecondition:
      return "failed precondition";
    case ErrorCode::kResourceExhausted:
      return "resource exhausted";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kUnclear:
      return "unclear";
    case ErrorCode::kDeadlineExceeded:
      return "deadline exceeded";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kCorruption:
      return "corruption";
    case ErrorCode::kShutdown:
      return "shutdown";
    case ErrorCode::kInternal:
      return "internal error";
  }
  return "unknown";
}

bool Error::is_retryable() const {
  return code_ == ErrorCode::kUnavailable || code_ == ErrorCode::kUnclear || code_ == ErrorCode::kResourceExhausted;
}

Error Error::with_context(std::string_view what) && {
  message_.insert(0, fmt::format("{}: ", what));
  return std::move(*this);
}

std::string Error::describe() const { return fmt::format("{}: {}", to_string(code_), message_); }

}  // namespace magnetite
