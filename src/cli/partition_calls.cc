#include "cli/partition_calls.h"

#include <influxdata/iox/management/v1/service.grpc.pb.h>

#include "cli/grpc_call.h"

namespace magnetite::cli {
namespace {

using management::ManagementService;
using Stub = ManagementService::Stub;

template <class Request>
Request of_database(const std::string& database) {
  Request request;
  request.set_db_name(database);
  return request;
}

template <class Request>
Request of_key(const std::string& database, const std::string& key) {
  Request request = of_database<Request>(database);
  request.set_partition_key(key);
  return request;
}

template <class Request>
Request of_partition(const PartitionName& partition) {
  Request request = of_key<Request>(partition.database, partition.key);
  request.set_table_name(partition.table);
  return request;
}

template <class Request>
Request of_chunk(const PartitionName& partition, uint32_t chunk) {
  Request request = of_partition<Request>(partition);
  request.set_chunk_id(chunk);
  return request;
}

template <class Request, class Response>
Result<Response> manage(const Client& client,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                        const Request& request) {
  return call<ManagementService>(client, method, request);
}

template <class Response>
Result<longrunning::Operation> job_of(Result<Response> response) {
  if (!response) return std::unexpected(std::move(response).error());
  return std::move(*response->mutable_operation());
}

template <class Response>
Result<> nothing_of(Result<Response> response) {
  if (!response) return std::unexpected(std::move(response).error());
  return {};
}

template <class Response>
Result<std::vector<management::Chunk>> chunks_of(Result<Response> response) {
  if (!response) return std::unexpected(std::move(response).error());
  return std::vector<management::Chunk>(response->chunks().begin(), response->chunks().end());
}

}  // namespace

Result<std::vector<management::Chunk>> list_chunks(const Client& client, const std::string& database) {
  return chunks_of(manage(client, &Stub::ListChunks, of_database<management::ListChunksRequest>(database)));
}

Result<std::vector<std::string>> list_partitions(const Client& client, const std::string& database) {
  MAGNETITE_TRY(const auto response,
                manage(client, &Stub::ListPartitions, of_database<management::ListPartitionsRequest>(database)));
  std::vector<std::string> keys;
  for (const management::Partition& partition : response.partitions()) keys.push_back(partition.key());
  return keys;
}

Result<std::string> get_partition(const Client& client, const std::string& database, const std::string& key) {
  MAGNETITE_TRY(const auto response,
                manage(client, &Stub::GetPartition, of_key<management::GetPartitionRequest>(database, key)));
  if (!response.has_partition()) return fail(ErrorCode::kNotFound, "Partition not found");
  return response.partition().key();
}

Result<std::vector<management::Chunk>> list_partition_chunks(const Client& client, const std::string& database,
                                                             const std::string& key) {
  return chunks_of(
      manage(client, &Stub::ListPartitionChunks, of_key<management::ListPartitionChunksRequest>(database, key)));
}

Result<> new_chunk(const Client& client, const PartitionName& partition) {
  return nothing_of(
      manage(client, &Stub::NewPartitionChunk, of_partition<management::NewPartitionChunkRequest>(partition)));
}

Result<longrunning::Operation> close_chunk(const Client& client, const PartitionName& partition, uint32_t chunk) {
  return job_of(
      manage(client, &Stub::ClosePartitionChunk, of_chunk<management::ClosePartitionChunkRequest>(partition, chunk)));
}

Result<> unload_chunk(const Client& client, const PartitionName& partition, uint32_t chunk) {
  return nothing_of(
      manage(client, &Stub::UnloadPartitionChunk, of_chunk<management::UnloadPartitionChunkRequest>(partition, chunk)));
}

Result<longrunning::Operation> persist_partition(const Client& client, const PartitionName& partition) {
  return job_of(manage(client, &Stub::PersistPartition, of_partition<management::PersistPartitionRequest>(partition)));
}

Result<longrunning::Operation> compact_partition(const Client& client, const PartitionName& partition) {
  return job_of(manage(client, &Stub::CompactPartition, of_partition<management::CompactPartitionRequest>(partition)));
}

Result<> drop_partition(const Client& client, const PartitionName& partition) {
  return nothing_of(manage(client, &Stub::DropPartition, of_partition<management::DropPartitionRequest>(partition)));
}

Result<longrunning::Operation> wipe_catalog(const Client& client, const std::string& database) {
  return job_of(
      manage(client, &Stub::WipePreservedCatalog, of_database<management::WipePreservedCatalogRequest>(database)));
}

Result<longrunning::Operation> verify_catalog(const Client& client, const std::string& database) {
  return job_of(manage(client, &Stub::VerifyCatalog, of_database<management::VerifyCatalogRequest>(database)));
}

Result<longrunning::Operation> rebuild_catalog(const Client& client, const std::string& database,
                                               UnreadableFiles unreadable) {
  auto request = of_database<management::RebuildCatalogRequest>(database);
  request.set_pass_over_unreadable(unreadable == UnreadableFiles::kPassOver);
  return job_of(manage(client, &Stub::RebuildCatalog, request));
}

}  // namespace magnetite::cli
