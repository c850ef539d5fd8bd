// What /metrics shows. docs/metrics.md lists it.
#pragma once

#include <cstdint>
#include <string>

namespace magnetite::server {
class Server;
}
namespace magnetite::query::sql {
class Engine;
}
namespace magnetite::metrics {
class CallMetrics;
class Families;
}  // namespace magnetite::metrics

namespace magnetite::http {

// What the edge itself holds at the moment.
struct EdgeState {
  size_t connections = 0;
  size_t writes_queued = 0;
  size_t queries_queued = 0;
  uint64_t body_bytes = 0;
  uint64_t authentication_failures = 0;  // of gRPC as well, since the start
};

// Prometheus exposition.
std::string metrics_text(const metrics::CallMetrics& calls, const server::Server& server,
                         const query::sql::Engine& engine, const EdgeState& edge);

// The parts of it. process_metrics.cc: the process, its allocators, what was built.
void collect_process(const query::sql::Engine& engine, metrics::Families& into);
// server_metrics.cc: the server and its databases.
void collect_server(const server::Server& server, metrics::Families& into);

}  // namespace magnetite::http
