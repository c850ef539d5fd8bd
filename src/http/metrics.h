// Counters of the HTTP edge and what /metrics shows of the server.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace magnetite::server {
class Server;
}

namespace magnetite::http {

// Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  void count_request(std::string_view path, int status, Duration duration);
  std::string text(const server::Server& server) const;  // Prometheus exposition

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace magnetite::http
