// Counters of the HTTP edge and what /metrics shows of the server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace magnetite::server {
class Server;
}

namespace magnetite::http {

// What the edge itself holds at the moment.
struct EdgeState {
  size_t connections = 0;
  size_t writes_queued = 0;
  size_t queries_queued = 0;
  uint64_t body_bytes = 0;
};

// Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  // `path` is one of ours, `database` one that exists or empty: labels live for ever.
  void count_request(std::string_view path, std::string_view database, int status, Duration duration);
  std::string text(const server::Server& server, const EdgeState& edge) const;  // Prometheus exposition

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace magnetite::http
