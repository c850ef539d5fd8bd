// The paths this server answers, without what carries requests (connection.cc does). Blocks where the server or a query
// does: lane_of() says on whose threads to call it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "access/gatekeeper.h"
#include "base/clock.h"
#include "http/http_server.h"
#include "http/message.h"
#include "http/metrics.h"

namespace magnetite::process {
class CpuProfiler;
}

namespace magnetite::http {

// Who runs a request. kQuick never blocks.
enum class Lane : uint8_t { kQuick, kWrite, kQuery, kAdmin, kProfile };

// Thread-safe.
class Service {
 public:
  // All of them outlive it.
  Service(server::Server& server, query::sql::Engine& engine, access::Gatekeeper& gatekeeper,
          const HttpOptions& options, Clock& clock);

  static Lane lane_of(std::string_view path);
  uint64_t body_bytes_max(std::string_view path) const;

  // Says from the head alone that a body is not wanted, or sets the caller.
  std::optional<Response> refuse_early(Request& head) const;
  Response handle(Request request);

  // What became of a request: metrics and log. handle() does it itself.
  void record(const Request& request, const Response& response, Duration duration);
  void set_edge_state(std::function<EdgeState()> edge_state) { edge_state_ = std::move(edge_state); }
  // nullptr: no profiles are taken. Outlives it.
  void set_profiler(process::CpuProfiler* profiler) { profiler_ = profiler; }

 private:
  Response dispatch(Request& request);
  Response write(Request& request);  // write_endpoints.cc
  Response v1_query(Request& request);
  Response query_sql(Request& request);    // query_endpoint.cc
  Response tokens(Request& request);       // token_endpoints.cc
  Response debug(const Request& request);  // debug_endpoints.cc
  Response profile(const Request& request);
  Response metrics() const;
  Response ping(const Request& request) const;
  Response status(const Request& request) const;

  server::Server& server_;
  query::sql::Engine& engine_;
  access::Gatekeeper& gatekeeper_;
  const HttpOptions& options_;
  Clock& clock_;
  const std::shared_ptr<metrics::CallMetrics> calls_;
  process::CpuProfiler* profiler_ = nullptr;
  std::function<EdgeState()> edge_state_;
};

}  // namespace magnetite::http
