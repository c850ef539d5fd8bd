// The HTTP/1.1 edge: parse, call the server, encode. docs/http_api.md lists the paths.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/result.h"

namespace magnetite::server {
class Server;
}
namespace magnetite::query::sql {
class Engine;
}

namespace magnetite::http {

struct HttpOptions {
  std::string bind_address = "127.0.0.1:8080";
  uint64_t body_bytes_max = 64ull << 20;  // after decompression; 413 above
  size_t connections_max = 10'000;
  size_t io_threads = 1;
  size_t write_threads = 32;  // requests blocked on the log at the same time
  size_t query_threads = 16;
  uint64_t bodies_bytes_max = 1ull << 30;          // of all requests together; 429 above
  std::chrono::milliseconds idle_timeout{75'000};  // between requests, and for a head to arrive whole
  std::chrono::milliseconds body_timeout{60'000};  // without a byte of a body, or of an answer taken
  size_t write_queue_max = 1'024;                  // requests that wait for a thread; more are 429
  size_t query_queue_max = 256;
};

// Owns its threads. stop() lets running requests finish within `drain`.
class HttpServer {
 public:
  // Binds at once: kUnavailable with the address when that fails.
  static Result<std::unique_ptr<HttpServer>> start(Executor& executor, server::Server& server,
                                                   query::sql::Engine& engine, HttpOptions options);
  virtual ~HttpServer() = default;
  virtual std::string address() const = 0;  // with the real port
  virtual void stop(std::chrono::seconds drain) = 0;
};

}  // namespace magnetite::http
