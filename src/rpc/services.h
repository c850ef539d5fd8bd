// The gRPC services beside Flight. Heavy header: for .cc files of this folder.
#pragma once

#include <grpc/health/v1/health.grpc.pb.h>
#include <influxdata/iox/management/v1/service.grpc.pb.h>
#include <influxdata/iox/write/v1/service.grpc.pb.h>

#include "server/server.h"

namespace magnetite::rpc {

namespace management = influxdata::iox::management::v1;
namespace write = influxdata::iox::write::v1;

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
  grpc::Status GetServerStatus(grpc::ServerContext*, const management::GetServerStatusRequest*,
                               management::GetServerStatusResponse* response) override;

 private:
  server::Server& server_;
};

class WriteService final : public write::WriteService::Service {
 public:
  explicit WriteService(server::Server& server) : server_(server) {}
  grpc::Status Write(grpc::ServerContext*, const write::WriteRequest* request, write::WriteResponse* response) override;

 private:
  server::Server& server_;
};

// Every service is SERVING as long as the process answers, as clients of the 2021 server expect.
class HealthService final : public grpc::health::v1::Health::Service {
 public:
  grpc::Status Check(grpc::ServerContext*, const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override;
};

}  // namespace magnetite::rpc
