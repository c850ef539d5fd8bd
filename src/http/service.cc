#include "http/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/logging.h"
#include "http/answers.h"
#include "http/body_codec.h"
#include "http/query_request.h"
#include "http/v1_statements.h"
#include "query/sql/engine.h"
#include "result_format/result_format.h"
#include "server/server.h"

namespace magnetite::http {
namespace {

constexpr std::string_view kVersion = "0.1.0";

struct Route {
  std::string_view path;
  std::string_view methods;  // for Allow
  Lane lane;
};
constexpr std::array kRoutes = {
    Route{"/api/v3/write_lp", "POST", Lane::kWrite},      Route{"/api/v2/write", "POST", Lane::kWrite},
    Route{"/write", "POST", Lane::kWrite},                Route{"/query", "GET, POST", Lane::kWrite},
    Route{"/api/v3/query_sql", "GET, POST", Lane::kQuery}, Route{"/health", "GET, HEAD", Lane::kQuick},
    Route{"/api/v1/health", "GET, HEAD", Lane::kQuick},   Route{"/ping", "GET, POST, HEAD", Lane::kQuick},
    Route{"/metrics", "GET", Lane::kQuery},               Route{"/api/v1/status", "GET", Lane::kQuery},
};

const Route* find_route(std::string_view path) {
  const auto* found = std::ranges::find(kRoutes, path, &Route::path);
  return found == kRoutes.end() ? nullptr : found;
}

Response text_answer(int status, std::string body, std::string_view content_type = "text/plain; charset=utf-8") {
  Response response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  return response;
}

// InfluxDB's names for a bucket of an organisation, percent-encoding all but letters and digits.
std::string encode_name(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Result<bool> parse_flag(const Parameters& parameters, std::string_view name, bool otherwise) {
  const auto value = parameters.find(name);
  if (!value || value->empty()) return otherwise;
  if (*value == "true") return true;
  if (*value == "false") return false;
  return fail(ErrorCode::kInvalidInput, fmt::format("parameter {} must be true or false, not '{}'", name, *value));
}

}  // namespace

Lane Service::lane_of(std::string_view path) {
  const Route* route = find_route(path);
  return route == nullptr ? Lane::kQuick : route->lane;
}

std::optional<Response> Service::refuse_early(const Request& head) const {
  if (head.method == "OPTIONS") return Response{204, {}, {{"Access-Control-Allow-Methods", "*"}, {"Access-Control-Allow-Headers", "*"}, {"Access-Control-Max-Age", "86400"}}, {}, {}, false};
  const Route* route = find_route(head.path);
  if (route == nullptr) return text_answer(404, "Not found");
  if (!route->methods.contains(head.method)) {
    Response response = text_answer(405, fmt::format("{} takes {}", head.path, route->methods));
    response.headers.emplace_back("Allow", route->methods);
    return response;
  }
  return std::nullopt;
}

Response Service::handle(Request request) {
  const MonoTime started = system_clock().mono_now();
  const std::string path = request.path;
  Response response = dispatch(request);
  metrics_.count_request(path, response.status, system_clock().mono_now() - started);
  if (response.status >= 400)
    log::info("request failed", {{"path", path}, {"status", std::to_string(response.status)}, {"answer", response.body.substr(0, 300)}});
  return response;
}

Response Service::dispatch(Request& request) {
  if (auto refused = refuse_early(request)) return *std::move(refused);
  if (request.path == "/health" || request.path == "/api/v1/health") return text_answer(200, "OK");
  if (request.path == "/ping") return ping();
  if (request.path == "/metrics") return text_answer(200, metrics_.text(server_), "text/plain; version=0.0.4; charset=utf-8");
  if (request.path == "/api/v1/status") return status();
  const Api api = request.path.starts_with("/api/v3") ? Api::kV3 : request.path.starts_with("/api/v2") ? Api::kV2 : Api::kV1;
  if (!server_.serving()) return error_answer(Error(ErrorCode::kUnavailable, "service not ready to serve"), api);
  if (request.path == "/api/v3/write_lp") return write(request, 3);
  if (request.path == "/api/v2/write") return write(request, 2);
  if (request.path == "/write") return write(request, 1);
  if (request.path == "/query") return v1_query(request);
  return query_sql(request);
}

Response Service::write(Request& request, int version) {
  const Api api = version == 3 ? Api::kV3 : version == 2 ? Api::kV2 : Api::kV1;
  const Parameters& parameters = request.parameters;
  const auto prepare = [&]() -> Result<std::pair<std::string, database::WriteInput>> {
    std::string name(parameters.get(version == 2 ? "bucket" : "db"));
    if (name.empty())
      return fail(ErrorCode::kInvalidInput, fmt::format("parameter {} is missing", version == 2 ? "bucket" : "db"));
    if (version == 1) {
      const std::string_view policy = parameters.get("rp");
      if (!policy.empty() && policy != "autogen" && policy != "default") name = fmt::format("{}/{}", name, policy);
    }
    if (version == 2 && !parameters.get("org").empty()) {
      const std::string mapped = fmt::format("{}_{}", encode_name(parameters.get("org")), encode_name(name));
      const std::vector<std::string> known = server_.database_names();
      if (std::ranges::find(known, mapped) != known.end()) name = mapped;
    }
    database::WriteInput input;
    const std::string_view precision = parameters.get("precision");
    if (!precision.empty()) {
      MAGNETITE_TRY(input.precision, line_protocol::parse_precision(precision));
    } else if (version == 3) {
      input.precision = line_protocol::Precision::kAuto;
    }
    MAGNETITE_TRY(input.accept_partial, parse_flag(parameters, "accept_partial", true));
    MAGNETITE_RETURN_IF_ERROR(parse_flag(parameters, "no_sync", false));  // answers always wait for the log
    MAGNETITE_TRY(input.body, decode_body(std::move(request.body), request.content_encoding, options_.body_bytes_max));
    return std::pair(std::move(name), std::move(input));
  };
  auto prepared = prepare();
  if (!prepared) return error_answer(prepared.error(), api);
  const bool accept_partial = prepared->second.accept_partial;
  auto written = server_.write(prepared->first, std::move(prepared->second));
  if (!written) return error_answer(written.error(), api);
  return write_answer(*written, api, accept_partial);
}

Response Service::v1_query(Request& request) {
  Parameters parameters = std::move(request.parameters);
  std::string text(parameters.get("q"));
  if (text.empty() && request.content_type == "application/x-www-form-urlencoded")
    text = Parameters::parse(request.body).get("q");
  if (text.empty()) return error_answer(Error(ErrorCode::kInvalidInput, "missing required parameter \"q\""), Api::kV1);
  return text_answer(200, run_v1_statements(text, server_), "application/json");
}

Response Service::query_sql(Request& request) {
  auto asked = parse_query_request(request);
  if (!asked) return error_answer(asked.error(), Api::kV3);
  query::sql::Statement statement;
  statement.database = asked->database;
  statement.sql = asked->sql;
  statement.parameters = asked->parameters;
  statement.cancellation = request.cancellation;
  auto executed = engine_.execute(statement);
  if (!executed) return error_answer(executed.error(), Api::kV3);

  struct Running {
    std::unique_ptr<query::sql::ResultStream> rows;
    std::unique_ptr<result_format::Writer> writer;
    bool begun = false;
    bool done = false;
  };
  auto running = std::make_shared<Running>();
  running->rows = *std::move(executed);
  running->writer = result_format::Writer::make(asked->format, running->rows->schema());
  Response response;
  response.content_type = result_format::content_type(asked->format);
  response.next_piece = [running](std::string& piece) -> Result<bool> {
    if (running->done) return false;
    if (!running->begun) {
      running->begun = true;
      MAGNETITE_RETURN_IF_ERROR(running->writer->begin(piece));
    }
    MAGNETITE_TRY(const std::shared_ptr<arrow::RecordBatch> batch, running->rows->next());
    if (batch != nullptr) {
      MAGNETITE_RETURN_IF_ERROR(running->writer->add(*batch, piece));
      return true;
    }
    running->done = true;
    MAGNETITE_RETURN_IF_ERROR(running->writer->end(piece));
    running->rows.reset();
    return !piece.empty();
  };
  // A small result, or one that fails early, is answered whole.
  constexpr size_t kWholeBytesMax = 64 * 1024;
  while (response.body.size() < kWholeBytesMax) {
    auto more = response.next_piece(response.body);
    if (!more) return error_answer(more.error(), Api::kV3);
    if (running->done || !*more) {
      response.next_piece = nullptr;
      break;
    }
  }
  return response;
}

Response Service::ping() const {
  Response response = text_answer(200, fmt::format(R"({{"version":"{}","revision":"{}","process_id":"magnetite","product_name":"Magnetite"}})", kVersion, kVersion), "application/json");
  response.headers.emplace_back("X-Influxdb-Version", kVersion);
  response.headers.emplace_back("X-Influxdb-Build", "Magnetite");
  return response;
}

Response Service::status() const {
  const server::ServerStatus status = server_.status();
  std::string databases;
  for (const server::DatabaseStatus& each : status.databases) {
    if (!databases.empty()) databases += ',';
    databases += fmt::format(
        R"({{"name":{},"state":{},"error":{},"replayed_bytes":{},"log_mode":{},"log_problem":{},"log_bytes":{},"rows":{},"memory_bytes":{}}})",
        json_text(each.name), json_text(to_string(each.state)), json_text(each.error), each.replayed_bytes,
        json_text(each.log_mode), json_text(each.log_problem), each.log_bytes, each.rows, each.memory_bytes);
  }
  return text_answer(200, fmt::format(R"({{"state":{},"error":{},"databases":[{}]}})", json_text(to_string(status.state)), json_text(status.error), databases), "application/json");
}

}  // namespace magnetite::http
