// The management API: the server's id, databases and their rules (management_service.cc), chunks
// (management_chunks.cc), whole databases and their catalogs (management_databases.cc), remotes
// (management_remotes.cc). Heavy header: for .cc files of this folder.
#pragma once

#include <influxdata/iox/management/v1/service.grpc.pb.h>

#include "server/server.h"

namespace magnetite::rpc {

namespace management = influxdata::iox::management::v1;

class ManagementService final : public management::ManagementService::Service {
 public:
  explicit ManagementService(server::Server& server) : server_(server) {}
  grpc::Status GetServerId(grpc::ServerContext*, const management::GetServerIdRequest*,
                           management::GetServerIdResponse* response) override;
  grpc::Status UpdateServerId(grpc::ServerContext*, const management::UpdateServerIdRequest* request,
                              management::UpdateServerIdResponse*) override;
  grpc::Status SetServingReadiness(grpc::ServerContext*, const management::SetServingReadinessRequest* request,
                                   management::SetServingReadinessResponse*) override;
  grpc::Status ListDatabases(grpc::ServerContext*, const management::ListDatabasesRequest*,
                             management::ListDatabasesResponse* response) override;
  grpc::Status GetDatabase(grpc::ServerContext*, const management::GetDatabaseRequest* request,
                           management::GetDatabaseResponse* response) override;
  grpc::Status CreateDatabase(grpc::ServerContext*, const management::CreateDatabaseRequest* request,
                              management::CreateDatabaseResponse*) override;
  grpc::Status UpdateDatabase(grpc::ServerContext*, const management::UpdateDatabaseRequest* request,
                              management::UpdateDatabaseResponse* response) override;
  grpc::Status ListChunks(grpc::ServerContext*, const management::ListChunksRequest* request,
                          management::ListChunksResponse* response) override;
  grpc::Status ListPartitions(grpc::ServerContext*, const management::ListPartitionsRequest* request,
                              management::ListPartitionsResponse* response) override;
  grpc::Status GetPartition(grpc::ServerContext*, const management::GetPartitionRequest* request,
                            management::GetPartitionResponse* response) override;
  grpc::Status ListPartitionChunks(grpc::ServerContext*, const management::ListPartitionChunksRequest* request,
                                   management::ListPartitionChunksResponse* response) override;
  grpc::Status NewPartitionChunk(grpc::ServerContext*, const management::NewPartitionChunkRequest* request,
                                 management::NewPartitionChunkResponse*) override;
  grpc::Status ClosePartitionChunk(grpc::ServerContext*, const management::ClosePartitionChunkRequest* request,
                                   management::ClosePartitionChunkResponse* response) override;
  grpc::Status UnloadPartitionChunk(grpc::ServerContext*, const management::UnloadPartitionChunkRequest* request,
                                    management::UnloadPartitionChunkResponse*) override;
  grpc::Status ListRemotes(grpc::ServerContext*, const management::ListRemotesRequest*,
                           management::ListRemotesResponse* response) override;
  grpc::Status UpdateRemote(grpc::ServerContext*, const management::UpdateRemoteRequest* request,
                            management::UpdateRemoteResponse*) override;
  grpc::Status DeleteRemote(grpc::ServerContext*, const management::DeleteRemoteRequest* request,
                            management::DeleteRemoteResponse*) override;
  grpc::Status CreateDummyJob(grpc::ServerContext*, const management::CreateDummyJobRequest* request,
                              management::CreateDummyJobResponse* response) override;
  grpc::Status GetServerStatus(grpc::ServerContext*, const management::GetServerStatusRequest*,
                               management::GetServerStatusResponse* response) override;
  grpc::Status WipePreservedCatalog(grpc::ServerContext*, const management::WipePreservedCatalogRequest* request,
                                    management::WipePreservedCatalogResponse* response) override;
  grpc::Status DeleteDatabase(grpc::ServerContext*, const management::DeleteDatabaseRequest* request,
                              management::DeleteDatabaseResponse* response) override;
  grpc::Status RestoreDatabase(grpc::ServerContext*, const management::RestoreDatabaseRequest* request,
                               management::RestoreDatabaseResponse* response) override;
  grpc::Status ListDeletedDatabases(grpc::ServerContext*, const management::ListDeletedDatabasesRequest*,
                                    management::ListDeletedDatabasesResponse* response) override;
  grpc::Status PersistPartition(grpc::ServerContext*, const management::PersistPartitionRequest* request,
                                management::PersistPartitionResponse* response) override;
  grpc::Status CompactPartition(grpc::ServerContext*, const management::CompactPartitionRequest* request,
                                management::CompactPartitionResponse* response) override;
  grpc::Status DropPartition(grpc::ServerContext*, const management::DropPartitionRequest* request,
                             management::DropPartitionResponse*) override;
  grpc::Status RebuildCatalog(grpc::ServerContext*, const management::RebuildCatalogRequest* request,
                              management::RebuildCatalogResponse* response) override;
  grpc::Status VerifyCatalog(grpc::ServerContext*, const management::VerifyCatalogRequest* request,
                             management::VerifyCatalogResponse* response) override;

 private:
  server::Server& server_;
};

}  // namespace magnetite::rpc
