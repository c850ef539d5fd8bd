#include <fmt/format.h>

#include "rpc/management_service.h"
#include "rpc/operation_proto.h"
#include "rpc/status.h"
#include "rpc/time_proto.h"

namespace magnetite::rpc {
namespace {

using grpc::Status;

constexpr int64_t kNanosPerSecond = 1'000'000'000;

void set_uuid(const model::Uuid& uuid, std::string& out) { out.assign(uuid.bytes.begin(), uuid.bytes.end()); }

Result<Duration> duration_of(const google::protobuf::Duration& given) {
  constexpr int64_t kSecondsMax = int64_t{100} * 365 * 24 * 3600;
  if (given.seconds() < 0 || given.nanos() < 0 || given.nanos() >= kNanosPerSecond || given.seconds() > kSecondsMax)
    return fail(ErrorCode::kInvalidInput, "keep_for: must be between zero and a hundred years");
  return std::chrono::seconds(given.seconds()) + std::chrono::nanoseconds(given.nanos());
}

Result<std::optional<model::Uuid>> uuid_of(const std::string& bytes) {
  if (bytes.empty()) return std::nullopt;
  model::Uuid uuid;
  if (bytes.size() != uuid.bytes.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("uuid: must have {} bytes", uuid.bytes.size()));
  std::copy(bytes.begin(), bytes.end(), uuid.bytes.begin());
  return uuid;
}

template <class Response>
Status answer(server::Server& server, const Result<jobs::JobId>& job, const std::string& database, Response& response) {
  if (!job) return to_status(job.error(), {.resource_name = database, .field = "db_name"});
  if (const auto begun = server.jobs().find(*job)) to_proto(*begun, *response.mutable_operation());
  return Status::OK;
}

}  // namespace

Status ManagementService::DeleteDatabase(grpc::ServerContext*, const management::DeleteDatabaseRequest* request,
                                         management::DeleteDatabaseResponse* response) {
  std::optional<Duration> keep_for;
  if (request->has_keep_for()) {
    const auto given = duration_of(request->keep_for());
    if (!given) return to_status(given.error(), {.field = "keep_for"});
    keep_for = *given;
  }
  const auto deleted = server_.delete_database(request->db_name(), keep_for);
  if (!deleted) return to_status(deleted.error(), {.resource_name = request->db_name(), .field = "db_name"});
  set_uuid(deleted->rules.uuid, *response->mutable_uuid());
  set_time(deleted->purge_at, *response->mutable_purge_at());
  return Status::OK;
}

Status ManagementService::RestoreDatabase(grpc::ServerContext*, const management::RestoreDatabaseRequest* request,
                                          management::RestoreDatabaseResponse* response) {
  const auto uuid = uuid_of(request->uuid());
  if (!uuid) return to_status(uuid.error(), {.field = "uuid"});
  const auto restored = server_.restore_database(request->db_name(), *uuid);
  if (!restored) return to_status(restored.error(), {.resource_name = request->db_name(), .field = "db_name"});
  set_uuid(*restored, *response->mutable_uuid());
  return Status::OK;
}

Status ManagementService::ListDeletedDatabases(grpc::ServerContext*, const management::ListDeletedDatabasesRequest*,
                                               management::ListDeletedDatabasesResponse* response) {
  const auto deleted = server_.deleted_databases();
  if (!deleted) return to_status(deleted.error(), {});
  for (const server::DeletedDatabase& each : *deleted) {
    management::DeletedDatabase& out = *response->add_databases();
    out.set_db_name(each.rules.name);
    set_uuid(each.rules.uuid, *out.mutable_uuid());
    set_time(each.deleted_at, *out.mutable_deleted_at());
    set_time(each.purge_at, *out.mutable_purge_at());
  }
  return Status::OK;
}

Status ManagementService::VerifyCatalog(grpc::ServerContext*, const management::VerifyCatalogRequest* request,
                                        management::VerifyCatalogResponse* response) {
  return answer(server_, server_.verify_catalog(request->db_name()), request->db_name(), *response);
}

Status ManagementService::RebuildCatalog(grpc::ServerContext*, const management::RebuildCatalogRequest* request,
                                         management::RebuildCatalogResponse* response) {
  return answer(server_, server_.rebuild_catalog(request->db_name(), request->pass_over_unreadable()),
                request->db_name(), *response);
}

Status ManagementService::WipePreservedCatalog(grpc::ServerContext*,
                                               const management::WipePreservedCatalogRequest* request,
                                               management::WipePreservedCatalogResponse* response) {
  return answer(server_, server_.wipe_catalog(request->db_name()), request->db_name(), *response);
}

}  // namespace magnetite::rpc
