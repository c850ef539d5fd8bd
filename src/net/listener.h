// Listens on every address of the server. Whatever a client speaks, HTTP/1.1 or gRPC, every address understands it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "net/edges.h"
#include "net/tls.h"

namespace magnetite::net {

struct Bind {
  std::string address;  // host:port; port 0 takes a free one
  std::string flag;     // named in errors
};

struct ListenerOptions {
  std::vector<Bind> binds;  // equal ones are one
  size_t connections_max = 10'000;
  size_t io_threads = 1;                                // they carry HTTP and all TLS
  std::chrono::milliseconds idle_timeout{75'000};       // for the first bytes to arrive
  std::chrono::milliseconds handshake_timeout{10'000};  // of TLS, from its first bytes on
};

// Owns its threads, on which HTTP connections live. Order of ending: stop_accepting(), the edges' own stop(), stop().
class Listener {
 public:
  // Binds and accepts at once: kUnavailable with the address when that fails. `tls` nullptr: none is spoken, else
  // nothing but TLS is. All that is passed outlives the listener.
  static Result<std::unique_ptr<Listener>> start(Executor& executor, ListenerOptions options, Tls* tls, HttpEdge& http,
                                                 GrpcEdge& grpc);
  virtual ~Listener() = default;
  virtual std::vector<std::string> addresses() const = 0;  // as bound, with real ports
  virtual size_t connections() const = 0;                  // of all kinds
  virtual void stop_accepting() = 0;                       // nobody new; who has not said anything yet goes
  virtual void stop() = 0;                                 // ends what is left; idempotent
};

}  // namespace magnetite::net
