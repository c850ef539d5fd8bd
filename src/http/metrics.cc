#include "http/metrics.h"

#include "metrics/call_metrics.h"
#include "metrics/families.h"

namespace magnetite::http {
namespace {

void collect_edge(const EdgeState& edge, metrics::Families& into) {
  into.gauge("http_connections", "Open connections").add({}, uint64_t{edge.connections});
  metrics::Family queued = into.gauge("http_requests_queued", "Requests that wait for a thread");
  queued.add({{"kind", "write"}}, uint64_t{edge.writes_queued});
  queued.add({{"kind", "query"}}, uint64_t{edge.queries_queued});
  into.gauge("http_body_bytes", "Request bodies in memory").add({}, edge.body_bytes);
  into.counter("magnetite_authentication_failures_total",
               "Requests of every protocol without a valid token where one is needed")
      .add({}, edge.authentication_failures);
}

}  // namespace

std::string metrics_text(const metrics::CallMetrics& calls, const server::Server& server,
                         const query::sql::Engine& engine, const EdgeState& edge) {
  metrics::Families families;
  calls.collect(families);
  collect_edge(edge, families);
  collect_server(server, families);
  collect_process(engine, families);
  return families.text();
}

}  // namespace magnetite::http
