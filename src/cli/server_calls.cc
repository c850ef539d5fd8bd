#include "cli/server_calls.h"

#include <grpc/health/v1/health.grpc.pb.h>
#include <influxdata/iox/management/v1/service.grpc.pb.h>

#include "cli/grpc_call.h"

namespace magnetite::cli {

using management::ManagementService;
using Stub = ManagementService::Stub;

Result<uint32_t> server_id(const Client& client) {
  const auto response = call<ManagementService>(client, &Stub::GetServerId, management::GetServerIdRequest());
  if (response) return response->id();
  if (response.error().code() == ErrorCode::kNotFound)
    return fail(ErrorCode::kNotFound, "the server has no id yet: `magnetite server set ID` gives it one");
  return std::unexpected(response.error());
}

Result<> set_server_id(const Client& client, uint32_t id) {
  management::UpdateServerIdRequest request;
  request.set_id(id);
  MAGNETITE_RETURN_IF_ERROR(call<ManagementService>(client, &Stub::UpdateServerId, request));
  return {};
}

Result<std::vector<management::Remote>> list_remotes(const Client& client) {
  MAGNETITE_TRY(const auto response,
                call<ManagementService>(client, &Stub::ListRemotes, management::ListRemotesRequest()));
  return std::vector<management::Remote>(response.remotes().begin(), response.remotes().end());
}

Result<> set_remote(const Client& client, uint32_t id, const std::string& connection) {
  management::UpdateRemoteRequest request;
  request.mutable_remote()->set_id(id);
  request.mutable_remote()->set_connection_string(connection);
  MAGNETITE_RETURN_IF_ERROR(call<ManagementService>(client, &Stub::UpdateRemote, request));
  return {};
}

Result<> remove_remote(const Client& client, uint32_t id) {
  management::DeleteRemoteRequest request;
  request.set_id(id);
  MAGNETITE_RETURN_IF_ERROR(call<ManagementService>(client, &Stub::DeleteRemote, request));
  return {};
}

Result<management::ServerStatus> server_status(const Client& client) {
  MAGNETITE_TRY(auto response,
                call<ManagementService>(client, &Stub::GetServerStatus, management::GetServerStatusRequest()));
  return std::move(*response.mutable_server_status());
}

Result<> check_health(const Client& client) {
  using grpc::health::v1::Health;
  MAGNETITE_RETURN_IF_ERROR(call<Health>(client, &Health::Stub::Check, grpc::health::v1::HealthCheckRequest()));
  return {};
}

}  // namespace magnetite::cli
