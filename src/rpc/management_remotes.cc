#include "rpc/management_service.h"
#include "rpc/status.h"

namespace magnetite::rpc {

using grpc::Status;

Status ManagementService::ListRemotes(grpc::ServerContext*, const management::ListRemotesRequest*,
                                      management::ListRemotesResponse* response) {
  auto remotes = server_.remotes();
  if (!remotes) return to_status(remotes.error(), {.resource_type = "remote", .precondition_type = "remote"});
  for (server::Remote& remote : *remotes) {
    management::Remote& out = *response->add_remotes();
    out.set_id(remote.id);
    out.set_connection_string(std::move(remote.connection_string));
  }
  return Status::OK;
}

Status ManagementService::UpdateRemote(grpc::ServerContext*, const management::UpdateRemoteRequest* request,
                                       management::UpdateRemoteResponse*) {
  const Subject subject{.resource_type = "remote", .field = "remote", .precondition_type = "remote"};
  if (!request->has_remote()) return to_status(Error(ErrorCode::kInvalidInput, "Field is required"), subject);
  const auto set = server_.set_remote({request->remote().id(), request->remote().connection_string()});
  return set ? Status::OK : to_status(set.error(), subject);
}

Status ManagementService::DeleteRemote(grpc::ServerContext*, const management::DeleteRemoteRequest* request,
                                       management::DeleteRemoteResponse*) {
  const std::string id = std::to_string(request->id());
  const auto removed = server_.remove_remote(request->id());
  if (removed) return Status::OK;
  return to_status(removed.error(),
                   {.resource_type = "remote", .resource_name = id, .field = "id", .precondition_type = "remote"});
}

}  // namespace magnetite::rpc
