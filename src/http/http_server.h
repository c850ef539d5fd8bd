// The HTTP/1.1 edge: parse, call the server, encode. docs/http_api.md lists the paths.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/executor.h"
#include "base/result.h"
#include "net/edges.h"

namespace magnetite::access {
class Gatekeeper;
}
namespace magnetite::server {
class Server;
}
namespace magnetite::query::sql {
class Engine;
}

namespace magnetite::metrics {
class CallMetrics;
}

namespace magnetite::http {

struct HttpOptions {
  uint64_t body_bytes_max = 64ull << 20;  // after decompression; 413 above
  size_t write_threads = 32;              // requests blocked on the log at the same time
  size_t query_threads = 16;
  uint64_t bodies_bytes_max = 1ull << 30;          // of all requests together; 429 above
  std::chrono::milliseconds idle_timeout{75'000};  // between requests, and for a head to arrive whole
  std::chrono::milliseconds body_timeout{60'000};  // without a byte of a body, or of an answer taken
  size_t write_queue_max = 1'024;                  // requests that wait for a thread; more are 429
  size_t query_queue_max = 256;
  std::shared_ptr<metrics::CallMetrics> calls = {};  // where requests are counted and calls read; nullptr: its own
};

// Serves the connections that a listener gives it, on the listener's threads; owns those that run requests. stop() lets
// running requests finish within `drain`; it comes after the listener stopped accepting and before it stops.
class HttpServer : public net::HttpEdge {
 public:
  static std::unique_ptr<HttpServer> make(Executor& executor, server::Server& server, query::sql::Engine& engine,
                                          access::Gatekeeper& gatekeeper, HttpOptions options);
  virtual void stop(std::chrono::seconds drain) = 0;  // idempotent
};

}  // namespace magnetite::http
