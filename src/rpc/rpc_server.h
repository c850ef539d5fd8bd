// The gRPC edge: management, write, health, and Arrow Flight.
#pragma once

#include <chrono>
#include <memory>
#include <string>

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

namespace magnetite::rpc {

struct RpcOptions {
  std::string scratch_folder;                        // exists; for a moment
  size_t calls_max = 1'000;                          // that run at the same time, about; more are RESOURCE_EXHAUSTED
  std::shared_ptr<metrics::CallMetrics> calls = {};  // where calls are counted; nullptr: nowhere to be seen
};

// Listens nowhere: a listener gives it connections. stop() comes after the listener stopped accepting.
class RpcServer : public net::GrpcEdge {
 public:
  static Result<std::unique_ptr<RpcServer>> start(Executor& executor, server::Server& server,
                                                  query::sql::Engine& engine, access::Gatekeeper& gatekeeper,
                                                  RpcOptions options);
  virtual void stop(std::chrono::seconds drain) = 0;
};

}  // namespace magnetite::rpc
