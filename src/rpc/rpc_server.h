// The gRPC edge: management, write, health, and Arrow Flight.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/result.h"
#include "net/edges.h"

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
  std::shared_ptr<metrics::CallMetrics> calls = {};  // where calls are counted; nullptr: nowhere to be seen
};

// Listens nowhere: a listener gives it connections. stop() comes after the listener stopped accepting.
class RpcServer : public net::GrpcEdge {
 public:
  static Result<std::unique_ptr<RpcServer>> start(Executor& executor, server::Server& server,
                                                  query::sql::Engine& engine, RpcOptions options);
  virtual void stop(std::chrono::seconds drain) = 0;
};

}  // namespace magnetite::rpc
