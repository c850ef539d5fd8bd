#include "rpc/management_service.h"

#include <fmt/format.h>

#include "rpc/server_status.h"
#include "rpc/status.h"
#include "server/rules_proto.h"
#include "server/rules_secrets.h"

namespace magnetite::rpc {
namespace {

using grpc::Status;

Status missing_field(std::string_view field) {
  return to_status(Error(ErrorCode::kInvalidInput, fmt::format("{}: Field is required", field)), {.field = field});
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
  server::to_proto(server::without_secrets(*std::move(rules)), *response->mutable_rules());
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
  if (const auto stored = server_.rules(rules->name)) server::restore_secrets(*rules, *stored);
  auto updated = server_.update_rules(*std::move(rules));
  if (!updated) return to_status(updated.error(), subject);
  server::to_proto(server::without_secrets(*std::move(updated)), *response->mutable_rules());
  return Status::OK;
}

Status ManagementService::GetServerStatus(grpc::ServerContext*, const management::GetServerStatusRequest*,
                                          management::GetServerStatusResponse* response) {
  to_proto(server_.status(), server_.serving(), *response->mutable_server_status());
  return Status::OK;
}

}  // namespace magnetite::rpc
