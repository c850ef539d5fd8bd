// Jobs over gRPC. Heavy header: for .cc files of this folder.
#pragma once

#include <google/longrunning/operations.grpc.pb.h>

#include "base/executor.h"
#include "server/server.h"

namespace magnetite::rpc {

class OperationsService final : public google::longrunning::Operations::Service {
 public:
  OperationsService(Executor& executor, server::Server& server) : executor_(executor), server_(server) {}
  // All jobs that run and those that ended last; filter and paging mean nothing.
  grpc::Status ListOperations(grpc::ServerContext*, const google::longrunning::ListOperationsRequest*,
                              google::longrunning::ListOperationsResponse* response) override;
  grpc::Status GetOperation(grpc::ServerContext*, const google::longrunning::GetOperationRequest* request,
                            google::longrunning::Operation* response) override;
  grpc::Status CancelOperation(grpc::ServerContext*, const google::longrunning::CancelOperationRequest* request,
                               google::protobuf::Empty*) override;
  // Answers when the job has ended, at the time-out asked for, or when the client goes away.
  grpc::Status WaitOperation(grpc::ServerContext* context, const google::longrunning::WaitOperationRequest* request,
                             google::longrunning::Operation* response) override;

 private:
  Executor& executor_;
  server::Server& server_;
};

}  // namespace magnetite::rpc
