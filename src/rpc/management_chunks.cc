#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "rpc/management_service.h"
#include "rpc/operation_proto.h"
#include "rpc/status.h"
#include "rpc/time_proto.h"

namespace magnetite::rpc {
namespace {

using grpc::Status;
using Chunks = std::vector<database::ChunkInfo>;

management::ChunkStorage to_proto(query::ChunkStorage storage) {
  switch (storage) {
    case query::ChunkStorage::kOpenMutableBuffer:
      return management::CHUNK_STORAGE_OPEN_MUTABLE_BUFFER;
    case query::ChunkStorage::kClosedMutableBuffer:
      return management::CHUNK_STORAGE_CLOSED_MUTABLE_BUFFER;
    case query::ChunkStorage::kReadBuffer:
      return management::CHUNK_STORAGE_READ_BUFFER;
    case query::ChunkStorage::kReadBufferAndObjectStore:
      return management::CHUNK_STORAGE_READ_BUFFER_AND_OBJECT_STORE;
    case query::ChunkStorage::kObjectStoreOnly:
      return management::CHUNK_STORAGE_OBJECT_STORE_ONLY;
  }
  return management::CHUNK_STORAGE_UNSPECIFIED;
}

management::ChunkLifecycleAction to_proto(database::LifecycleAction action) {
  switch (action) {
    case database::LifecycleAction::kMoving:
      return management::CHUNK_LIFECYCLE_ACTION_MOVING;
    case database::LifecycleAction::kPersisting:
      return management::CHUNK_LIFECYCLE_ACTION_PERSISTING;
    case database::LifecycleAction::kCompacting:
      return management::CHUNK_LIFECYCLE_ACTION_COMPACTING;
    case database::LifecycleAction::kDropping:  // the wire has no word for it
    case database::LifecycleAction::kNone:
      break;
  }
  return management::CHUNK_LIFECYCLE_ACTION_UNSPECIFIED;
}

void to_proto(const database::ChunkInfo& info, management::Chunk& out) {
  out.set_partition_key(info.address.partition_key);
  out.set_table_name(info.address.table);
  out.set_id(info.address.chunk.value);
  out.set_storage(to_proto(info.storage));
  out.set_lifecycle_action(to_proto(info.action));
  out.set_estimated_bytes(info.memory_bytes);
  out.set_row_count(info.rows);
  if (info.times.first_write != WallTime{}) set_time(info.times.first_write, *out.mutable_time_of_first_write());
  if (info.times.last_write != WallTime{}) set_time(info.times.last_write, *out.mutable_time_of_last_write());
  if (info.times.closed != WallTime{}) set_time(info.times.closed, *out.mutable_time_closed());
}

struct Place {
  std::string_view table;
  std::string_view partition_key;
  std::optional<model::ChunkId> chunk;
};

Status not_found(std::string_view type, const std::string& name) {
  return to_status(Error(ErrorCode::kNotFound, ""), {.resource_type = type, .resource_name = name});
}

// OK, or which part of the place is not there.
Status check_place(const Chunks& chunks, const Place& place) {
  const auto in_table = [&](const database::ChunkInfo& info) { return info.address.table == place.table; };
  const auto in_partition = [&](const database::ChunkInfo& info) {
    return in_table(info) && info.address.partition_key == place.partition_key;
  };
  if (std::ranges::none_of(chunks, in_table)) return not_found("table", std::string(place.table));
  const std::string partition = fmt::format("{}:{}", place.table, place.partition_key);
  if (std::ranges::none_of(chunks, in_partition)) return not_found("partition", partition);
  const auto is_it = [&](const database::ChunkInfo& info) {
    return in_partition(info) && info.address.chunk == *place.chunk;
  };
  if (place.chunk && std::ranges::none_of(chunks, is_it))
    return not_found("chunk", fmt::format("{}:{}", partition, place.chunk->value));
  return Status::OK;
}

// Finds the place, then acts on it.
Status act(server::Server& server, const std::string& database, const Place& place, lifecycle::Action action,
           std::optional<jobs::JobId>& job) {
  const auto chunks = server.chunks(database);
  if (!chunks) return to_status(chunks.error(), {.resource_name = database, .field = "db_name"});
  if (Status found = check_place(*chunks, place); !found.ok()) return found;
  action.table = place.table;
  action.partition_key = place.partition_key;
  auto begun = server.perform(database, action);
  if (!begun) return to_status(begun.error(), {.resource_type = "chunk", .precondition_type = "chunk"});
  job = *begun;
  return Status::OK;
}

template <class Response>
void show_job(server::Server& server, const std::optional<jobs::JobId>& job, Response& response) {
  if (const auto begun = job ? server.jobs().find(*job) : std::nullopt)
    rpc::to_proto(*begun, *response.mutable_operation());
}

template <class Request, class What, class Response>
Status act_as_job(server::Server& server, const Request& request, What what, Response& response) {
  std::optional<jobs::JobId> job;
  Status status = act(server, request.db_name(), {request.table_name(), request.partition_key(), {}},
                      {"", "", std::move(what), "asked for"}, job);
  if (status.ok()) show_job(server, job, response);
  return status;
}

}  // namespace

Status ManagementService::ListChunks(grpc::ServerContext*, const management::ListChunksRequest* request,
                                     management::ListChunksResponse* response) {
  const auto chunks = server_.chunks(request->db_name());
  if (!chunks) return to_status(chunks.error(), {.resource_name = request->db_name(), .field = "db_name"});
  for (const database::ChunkInfo& info : *chunks) to_proto(info, *response->add_chunks());
  return Status::OK;
}

Status ManagementService::ListPartitions(grpc::ServerContext*, const management::ListPartitionsRequest* request,
                                         management::ListPartitionsResponse* response) {
  const auto chunks = server_.chunks(request->db_name());
  if (!chunks) return to_status(chunks.error(), {.resource_name = request->db_name(), .field = "db_name"});
  std::set<std::string> keys;
  for (const database::ChunkInfo& info : *chunks) keys.insert(info.address.partition_key);
  for (const std::string& key : keys) response->add_partitions()->set_key(key);
  return Status::OK;
}

// An unknown partition is no error here: the answer has none.
Status ManagementService::GetPartition(grpc::ServerContext*, const management::GetPartitionRequest* request,
                                       management::GetPartitionResponse* response) {
  const auto chunks = server_.chunks(request->db_name());
  if (!chunks) return to_status(chunks.error(), {.resource_name = request->db_name(), .field = "db_name"});
  const auto in_it = [&](const database::ChunkInfo& info) {
    return info.address.partition_key == request->partition_key();
  };
  if (std::ranges::any_of(*chunks, in_it)) response->mutable_partition()->set_key(request->partition_key());
  return Status::OK;
}

Status ManagementService::ListPartitionChunks(grpc::ServerContext*,
                                              const management::ListPartitionChunksRequest* request,
                                              management::ListPartitionChunksResponse* response) {
  const auto chunks = server_.chunks(request->db_name());
  if (!chunks) return to_status(chunks.error(), {.resource_name = request->db_name(), .field = "db_name"});
  for (const database::ChunkInfo& info : *chunks)
    if (info.address.partition_key == request->partition_key()) to_proto(info, *response->add_chunks());
  return Status::OK;
}

Status ManagementService::NewPartitionChunk(grpc::ServerContext*, const management::NewPartitionChunkRequest* request,
                                            management::NewPartitionChunkResponse*) {
  std::optional<jobs::JobId> none;
  return act(server_, request->db_name(), {request->table_name(), request->partition_key(), {}},
             {"", "", lifecycle::Close{}, "asked for"}, none);
}

Status ManagementService::ClosePartitionChunk(grpc::ServerContext*,
                                              const management::ClosePartitionChunkRequest* request,
                                              management::ClosePartitionChunkResponse* response) {
  const model::ChunkId chunk{request->chunk_id()};
  std::optional<jobs::JobId> job;
  Status status = act(server_, request->db_name(), {request->table_name(), request->partition_key(), chunk},
                      {"", "", lifecycle::Move{chunk}, "asked for"}, job);
  if (status.ok()) show_job(server_, job, *response);
  return status;
}

Status ManagementService::UnloadPartitionChunk(grpc::ServerContext*,
                                               const management::UnloadPartitionChunkRequest* request,
                                               management::UnloadPartitionChunkResponse*) {
  const model::ChunkId chunk{request->chunk_id()};
  std::optional<jobs::JobId> none;
  return act(server_, request->db_name(), {request->table_name(), request->partition_key(), chunk},
             {"", "", lifecycle::Unload{chunk}, "asked for"}, none);
}

Status ManagementService::PersistPartition(grpc::ServerContext*, const management::PersistPartitionRequest* request,
                                           management::PersistPartitionResponse* response) {
  return act_as_job(server_, *request, lifecycle::Persist{}, *response);
}

Status ManagementService::CompactPartition(grpc::ServerContext*, const management::CompactPartitionRequest* request,
                                           management::CompactPartitionResponse* response) {
  return act_as_job(server_, *request, lifecycle::CompactPartition{}, *response);
}

Status ManagementService::DropPartition(grpc::ServerContext*, const management::DropPartitionRequest* request,
                                        management::DropPartitionResponse*) {
  std::optional<jobs::JobId> none;
  return act(server_, request->db_name(), {request->table_name(), request->partition_key(), {}},
             {"", "", lifecycle::DropPartition{}, "asked for"}, none);
}

Status ManagementService::CreateDummyJob(grpc::ServerContext*, const management::CreateDummyJobRequest* request,
                                         management::CreateDummyJobResponse* response) {
  constexpr int kTasksMax = 1'000;
  if (request->nanos_size() > kTasksMax)
    return to_status(Error(ErrorCode::kInvalidInput, fmt::format("nanos: at most {} tasks", kTasksMax)), {});
  const auto job = server_.start_dummy_job({request->nanos().begin(), request->nanos().end()});
  if (!job) return to_status(job.error(), {});
  if (const auto begun = server_.jobs().find(*job)) to_proto(*begun, *response->mutable_operation());
  return Status::OK;
}

}  // namespace magnetite::rpc
