// Writing over gRPC: line protocol, FlatBuffers entries, protobuf columns. Heavy header: for .cc files of this folder.
#pragma once

#include <influxdata/iox/write/v1/service.grpc.pb.h>
#include <influxdata/transfer/column/v1/service.grpc.pb.h>

#include "server/server.h"

namespace magnetite::rpc {

namespace write = influxdata::iox::write::v1;
namespace column_write = influxdata::transfer::column::v1;

// These calls never create a database, and one bad row refuses the whole write.
class WriteService final : public write::WriteService::Service {
 public:
  explicit WriteService(server::Server& server) : server_(server) {}
  grpc::Status Write(grpc::ServerContext*, const write::WriteRequest* request, write::WriteResponse* response) override;
  grpc::Status WriteEntry(grpc::ServerContext*, const write::WriteEntryRequest* request,
                          write::WriteEntryResponse*) override;

 private:
  server::Server& server_;
};

class ColumnWriteService final : public column_write::WriteService::Service {
 public:
  explicit ColumnWriteService(server::Server& server) : server_(server) {}
  grpc::Status Write(grpc::ServerContext*, const column_write::WriteRequest* request,
                     column_write::WriteResponse*) override;

 private:
  server::Server& server_;
};

}  // namespace magnetite::rpc
