// One error type for the whole system: few codes, chosen by what the caller does next, and a text for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace magnetite {

enum class ErrorCode : uint8_t {
  kInvalidInput,      // the caller must change the request
  kLimitExceeded,     // a configured limit of tables or columns; the request is well-formed
  kTooLarge,          // a body, key or result above its bound
  kUnauthenticated,   // who asks is not known; with a valid token it is worth another try
  kPermissionDenied,  // who asks is known and may not do this
  kNotFound,
  kAlreadyExists,
  kFailedPrecondition,  // right request, wrong state; an operator must act
  kResourceExhausted,   // refused before anything happened; repeat later
  kUnavailable,         // surely not done; repeat later
  kUnclear,             // may or may not have been done; safe to repeat
  kDeadlineExceeded,
  kCancelled,
  kCorruption,  // bytes at rest are not what was written
  kShutdown,    // normal end of a loop, never logged as a failure
  kInternal,    // our bug
};

std::string_view to_string(ErrorCode code);

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : message_(std::move(message)), code_(code) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  bool is_retryable() const;

  // "load database db1: " + message. Used while going up.
  Error with_context(std::string_view what) &&;

  // "unavailable: message"
  std::string describe() const;

 private:
  std::string message_;
  ErrorCode code_;
};

}  // namespace magnetite
