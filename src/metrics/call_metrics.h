// Finished requests of both edges, and how long they took.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/clock.h"

namespace magnetite::metrics {

class Families;

// kError: not the caller's fault.
enum class CallOutcome : uint8_t { kOk, kClientError, kError };

// Thread-safe.
class CallMetrics {
 public:
  CallMetrics();
  ~CallMetrics();
  // `path` is one of ours, `database` one that exists or empty.
  void count_http(std::string_view path, std::string_view database, CallOutcome outcome, Duration duration);
  // `operation` is a method that is registered: "package.Service/Method".
  void count_grpc(std::string_view operation, CallOutcome outcome, Duration duration);
  void collect(Families& into) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace magnetite::metrics
