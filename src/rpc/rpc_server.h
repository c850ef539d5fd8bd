// The gRPC edge: management, write, health, and Arrow Flight, on one port.
#pragma once

#include <chrono>
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

namespace magnetite::rpc {

struct RpcOptions {
  std::string bind_address = "127.0.0.1:8082";
};

class RpcServer {
 public:
  static Result<std::unique_ptr<RpcServer>> start(Executor& executor, server::Server& server,
                                                  query::sql::Engine& engine, RpcOptions options);
  virtual ~RpcServer() = default;
  virtual std::string address() const = 0;
  virtual void stop(std::chrono::seconds drain) = 0;
};

}  // namespace magnetite::rpc
