#include "http/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/logging.h"
#include "http/body_codec.h"
#include "http/query_request.h"
#include "http/status.h"
#include "http/status_page.h"
#include "http/write_request.h"
#include "metrics/call_metrics.h"
#include "process/version.h"
#include "server/server.h"

namespace magnetite::http {
namespace {

// Who is let in before anything is done. kToken: anybody known; what they may do, a handler asks that names databases.
// kInside: profiles tell names of code and cost time; admins, or without tokens only who is on this machine.
enum class Door : uint8_t { kOpen, kToken, kAdmin, kInside };

struct Route {
  std::string_view path;
  std::string_view methods;  // for Allow
  Lane lane;
  Door door = Door::kAdmin;
};
constexpr std::array kRoutes = {
    Route{"/api/v3/write_lp", "POST", Lane::kWrite, Door::kToken},
    Route{"/api/v2/write", "POST", Lane::kWrite, Door::kToken},
    Route{"/write", "POST", Lane::kWrite, Door::kToken},
    Route{"/query", "GET, POST", Lane::kWrite, Door::kToken},
    Route{"/api/v3/query_sql", "GET, POST", Lane::kQuery, Door::kToken},
    Route{"/iox/api/v1/databases/:name/query", "GET", Lane::kQuery, Door::kToken},
    Route{"/health", "GET, HEAD", Lane::kQuick, Door::kOpen},
    Route{"/api/v1/health", "GET, HEAD", Lane::kQuick, Door::kOpen},
    Route{"/ping", "GET, POST, HEAD", Lane::kQuick, Door::kOpen},
    Route{"/metrics", "GET, HEAD", Lane::kAdmin, Door::kToken},
    Route{"/api/v1/status", "GET, HEAD", Lane::kAdmin, Door::kToken},
    Route{"/api/v3/configure/token", "GET, POST, DELETE", Lane::kAdmin, Door::kAdmin},
    Route{"/api/v3/configure/token/admin", "POST", Lane::kAdmin, Door::kOpen},  // asks itself
    Route{"/api/v3/configure/token/admin/regenerate", "POST", Lane::kAdmin, Door::kAdmin},
    Route{"/api/v3/configure/token/named_admin", "POST", Lane::kAdmin, Door::kAdmin},
    Route{"/debug/pprof", "GET, HEAD", Lane::kAdmin, Door::kInside},
    Route{"/debug/pprof/", "GET, HEAD", Lane::kAdmin, Door::kInside},
    Route{"/debug/pprof/heap", "GET, HEAD", Lane::kAdmin, Door::kInside},
    Route{"/debug/pprof/profile", "GET", Lane::kProfile, Door::kInside},
};

const Route* find_route(std::string_view path) {
  if (database_of_path(path)) path = "/iox/api/v1/databases/:name/query";
  const auto* found = std::ranges::find(kRoutes, path, &Route::path);
  return found == kRoutes.end() ? nullptr : found;
}

bool takes(const Route& route, std::string_view method) {
  for (std::string_view rest = route.methods; !rest.empty();) {
    const size_t end = std::min(rest.find(", "), rest.size());
    if (rest.substr(0, end) == method) return true;
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return false;
}

bool is_write(std::string_view path) { return find_route(path)->lane == Lane::kWrite && path != "/query"; }

Result<access::Caller> admit(access::Gatekeeper& gatekeeper, Door door, const Request& head) {
  if (door == Door::kOpen) return std::make_shared<const access::Grant>();
  if (door == Door::kInside && !gatekeeper.asks_for_tokens()) {
    if (head.is_local) return std::make_shared<const access::Grant>();
    return fail(ErrorCode::kPermissionDenied, "/debug/pprof answers clients on the server's own machine only");
  }
  const bool is_v1 = head.path == "/write" || head.path == "/query";
  MAGNETITE_TRY(access::Caller caller,
                gatekeeper.identify({head.authorization, is_v1 ? head.parameters.get("p") : std::string_view()}));
  if (door != Door::kToken) MAGNETITE_RETURN_IF_ERROR(access::authorize(*caller, access::Need::admin()));
  return caller;
}

Response empty_answer() {
  Response response;
  response.status = 204;
  return response;
}

Response preflight() {
  Response response = empty_answer();
  response.headers = {{"Access-Control-Allow-Methods", "*"},
                      {"Access-Control-Allow-Headers", "*, Authorization"},  // which the star does not mean
                      {"Access-Control-Max-Age", "86400"}};
  return response;
}

}  // namespace

Service::Service(server::Server& server, query::sql::Engine& engine, access::Gatekeeper& gatekeeper,
                 const HttpOptions& options, Clock& clock)
    : server_(server),
      engine_(engine),
      gatekeeper_(gatekeeper),
      options_(options),
      clock_(clock),
      calls_(options.calls != nullptr ? options.calls : std::make_shared<metrics::CallMetrics>()) {}

Lane Service::lane_of(std::string_view path) {
  const Route* route = find_route(path);
  return route == nullptr ? Lane::kQuick : route->lane;
}

uint64_t Service::body_bytes_max(std::string_view path) const {
  constexpr uint64_t kStatementBytesMax = 4 << 20;  // SQL and its parameters
  const Route* route = find_route(path);
  if (route != nullptr && is_write(path)) return options_.body_bytes_max;
  return std::min(options_.body_bytes_max, kStatementBytesMax);
}

std::optional<Response> Service::refuse_early(Request& head) const {
  if (head.method == "OPTIONS") return preflight();
  const Route* route = find_route(head.path);
  if (route == nullptr) return text_answer(404, "Not found");
  if (!takes(*route, head.method)) {
    Response response = text_answer(405, fmt::format("{} takes {}", head.path, route->methods));
    response.headers.emplace_back("Allow", route->methods);
    return response;
  }
  const Api api = api_of(head.path);
  auto caller = admit(gatekeeper_, route->door, head);
  if (!caller) return error_answer(caller.error(), api);
  head.caller = *std::move(caller);
  if ((route->lane == Lane::kWrite || route->lane == Lane::kQuery) && !server_.serving())
    return error_answer(Error(ErrorCode::kUnavailable, "service not ready to serve"), api);
  if (is_write(head.path))
    if (auto parsed = parse_write_request(head, api); !parsed) return error_answer(parsed.error(), api);
  return std::nullopt;
}

Response Service::handle(Request request) {
  const log::RequestScope scope(request.id);
  const MonoTime started = clock_.mono_now();
  Response response = dispatch(request);
  record(request, response, clock_.mono_now() - started);
  return response;
}

Response Service::dispatch(Request& request) {
  if (auto refused = refuse_early(request)) return *std::move(refused);
  if (request.path == "/health" || request.path == "/api/v1/health") return text_answer(200, "OK");
  if (request.path == "/ping") return ping(request);
  if (request.path == "/metrics") return metrics();
  if (request.path == "/api/v1/status") return status(request);
  if (request.path.starts_with("/debug/")) return debug(request);
  if (request.path.starts_with("/api/v3/configure/token")) return tokens(request);
  if (request.path == "/query") return v1_query(request);
  if (find_route(request.path)->lane == Lane::kQuery) return query_sql(request);
  return write(request);
}

void Service::record(const Request& request, const Response& response, Duration duration) {
  const Route* route = find_route(request.path);
  const bool failed = response.status >= 400;
  const auto outcome = !failed                 ? metrics::CallOutcome::kOk
                       : response.status < 500 ? metrics::CallOutcome::kClientError
                                               : metrics::CallOutcome::kError;
  calls_->count_http(route == nullptr ? "other" : route->path, response.database, outcome, duration);
  // 503 is told by the thousand while a server starts or is full; what is behind it is logged where it happens.
  const auto level = !failed                                            ? log::Level::kDebug
                     : response.status >= 500 && response.status != 503 ? log::Level::kWarn
                                                                        : log::Level::kInfo;
  if (!log::enabled(level)) return;
  constexpr size_t kAnswerBytesMax = 300;
  const log::RequestScope scope(request.id);
  log::write(level, failed ? "request failed" : "request",
             {{"method", request.method},
              {"path", request.path},
              {"status", std::to_string(response.status)},
              {"micros", std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(duration).count())},
              {"body_bytes", std::to_string(request.body_bytes)},
              {"answer", failed ? response.body.substr(0, kAnswerBytesMax) : std::string()}});
}

Response Service::metrics() const {
  EdgeState edge = edge_state_ ? edge_state_() : EdgeState{};
  edge.authentication_failures = gatekeeper_.failures();
  return text_answer(200, metrics_text(*calls_, server_, engine_, edge) + "# EOF\n",
                     "text/plain; version=0.0.4; charset=utf-8");
}

Response Service::ping(const Request& request) const {
  if (request.method == "HEAD") return empty_answer();  // what v1 clients expect
  return text_answer(
      200,
      fmt::format(R"({{"version":"{0}","revision":"{0}","process_id":"magnetite","product_name":"Magnetite"}})",
                  process::version()),
      "application/json");
}

Response Service::status(const Request& request) const {
  return text_answer(200, status_page(server_, access::readable_by(request.caller)), "application/json");
}

}  // namespace magnetite::http
