#include "rpc/services.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "rpc/status.h"
#include "server/rules_proto.h"

namespace magnetite::rpc {
namespace {

using grpc::Status;

Status missing_field(std::string_view field) {
  return to_status(Error(ErrorCode::kInvalidInput, fmt::format("{}: Field is required", field)), {.field = field});
}

management::DatabaseStatus::DatabaseState to_proto_state(server::DatabaseState state) {
  switch (state) {
    case server::DatabaseState::kKnown:
      return management::DatabaseStatus::DATABASE_STATE_KNOWN;
    case server::DatabaseState::kRulesLoaded:
      return management::DatabaseStatus::DATABASE_STATE_RULES_LOADED;
    case server::DatabaseState::kReplay:
      return management::DatabaseStatus::DATABASE_STATE_REPLAY;
    case server::DatabaseState::kInitialized:
      return management::DatabaseStatus::DATABASE_STATE_INITIALIZED;
  }
  return management::DatabaseStatus::DATABASE_STATE_UNSPECIFIED;
}

}  // namespace

Status ManagementService::GetServerId(grpc::ServerContext*, const management::GetServerIdRequest*,
                                      management::GetServerIdResponse* response) {
  const auto id = server_.server_id();
  if (!id) return to_status(Error(ErrorCode::kNotFound, ""), {.resource_type = "", .resource_name = ""});
  response->set_id(id->value);
  return Status::OK;
}

Status ManagementService::UpdateServerId(grpc::ServerContext*, const management::UpdateServerIdRequest* request,
                                         management::UpdateServerIdResponse*) {
  if (auto set = server_.set_server_id(model::ServerId{request->id()}); !set)
    return to_status(set.error(), {.field = "id"});
  return Status::OK;
}

Status ManagementService::SetServingReadiness(grpc::ServerContext*,
                                              const management::SetServingReadinessRequest* request,
                                              management::SetServingReadinessResponse*) {
  server_.set_serving(request->ready());
  return Status::OK;
}

Status ManagementService::ListDatabases(grpc::ServerContext*, const management::ListDatabasesRequest*,
                                        management::ListDatabasesResponse* response) {
  for (std::string& name : server_.database_names()) response->add_names(std::move(name));
  return Status::OK;
}

Status ManagementService::GetDatabase(grpc::ServerContext*, const management::GetDatabaseRequest* request,
                                      management::GetDatabaseResponse* response) {
  auto rules = server_.rules(request->name());
  if (!rules) return to_status(rules.error(), {.resource_name = request->name(), .field = "name"});
  server::to_proto(*rules, *response->mutable_rules());
  return Status::OK;
}

Status ManagementService::CreateDatabase(grpc::ServerContext*, const management::CreateDatabaseRequest* request,
                                         management::CreateDatabaseResponse*) {
  if (!request->has_rules()) return missing_field("rules");
  auto rules = server::from_proto(request->rules());
  const Subject subject{.resource_name = request->rules().name(), .field = "rules"};
  if (!rules) return to_status(rules.error(), subject);
  if (auto created = server_.create_database(*std::move(rules)); !created) return to_status(created.error(), subject);
  return Status::OK;
}

Status ManagementService::UpdateDatabase(grpc::ServerContext*, const management::UpdateDatabaseRequest* request,
                                         management::UpdateDatabaseResponse* response) {
  if (!request->has_rules()) return missing_field("rules");
  auto rules = server::from_proto(request->rules());
  const Subject subject{.resource_name = request->rules().name(), .field = "rules"};
  if (!rules) return to_status(rules.error(), subject);
  auto updated = server_.update_rules(*std::move(rules));
  if (!updated) return to_status(updated.error(), subject);
  server::to_proto(*updated, *response->mutable_rules());
  return Status::OK;
}

Status ManagementService::GetServerStatus(grpc::ServerContext*, const management::GetServerStatusRequest*,
                                          management::GetServerStatusResponse* response) {
  const server::ServerStatus status = server_.status();
  management::ServerStatus& out = *response->mutable_server_status();
  out.set_initialized(status.state == server::ServerState::kReady);
  if (!status.error.empty()) out.mutable_error()->set_message(status.error);
  if (!out.initialized()) return Status::OK;
  for (const server::DatabaseStatus& each : status.databases) {
    management::DatabaseStatus& database = *out.add_database_statuses();
    database.set_db_name(each.name);
    database.set_state(to_proto_state(each.state));
    if (!each.error.empty()) database.mutable_error()->set_message(each.error);
  }
  return Status::OK;
}

Status WriteService::Write(grpc::ServerContext*, const write::WriteRequest* request, write::WriteResponse* response) {
  const Subject subject{.resource_name = request->db_name(), .field = "lp_data"};
  if (!server_.serving()) return {grpc::UNAVAILABLE, "service not ready to serve"};
  const std::vector<std::string> known = server_.database_names();
  if (std::ranges::find(known, request->db_name()) == known.end())  // this API never creates a database
    return to_status(Error(ErrorCode::kNotFound, ""), subject);
  database::WriteInput input;
  input.body = request->lp_data();
  input.accept_partial = false;
  auto written = server_.write(request->db_name(), std::move(input));
  if (!written) return to_status(written.error(), subject);
  if (!written->errors.empty()) {
    const line_protocol::LineError& first = written->errors.front();
    return to_status(Error(ErrorCode::kInvalidInput, fmt::format("Invalid Line Protocol: line {}, column {}: {}",
                                                                 first.line_number, first.column, first.message)),
                     subject);
  }
  response->set_lines_written(written->lines_accepted);
  return Status::OK;
}

Status HealthService::Check(grpc::ServerContext*, const grpc::health::v1::HealthCheckRequest* request,
                            grpc::health::v1::HealthCheckResponse* response) {
  static constexpr std::array kServices = {std::string_view(""),
                                           std::string_view("grpc.health.v1.Health"),
                                           std::string_view("influxdata.platform.storage.Storage"),
                                           std::string_view("arrow.flight.protocol.FlightService"),
                                           std::string_view("influxdata.iox.write.v1.WriteService"),
                                           std::string_view("influxdata.iox.management.v1.ManagementService")};
  if (std::ranges::find(kServices, request->service()) == kServices.end())
    return {grpc::NOT_FOUND, fmt::format("unknown service {}", request->service())};
  response->set_status(grpc::health::v1::HealthCheckResponse::SERVING);
  return Status::OK;
}

}  // namespace magnetite::rpc
