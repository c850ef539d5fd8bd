// Writing and health over gRPC. Heavy header: for .cc files of this folder.
#pragma once

#include <grpc/health/v1/health.grpc.pb.h>
#include <influxdata/iox/write/v1/service.grpc.pb.h>

#include "server/server.h"

namespace magnetite::rpc {

namespace write = influxdata::iox::write::v1;

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
