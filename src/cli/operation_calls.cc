#include "cli/operation_calls.h"

#include <google/longrunning/operations.grpc.pb.h>
#include <influxdata/iox/management/v1/service.grpc.pb.h>

#include "cli/grpc_call.h"

namespace magnetite::cli {

using longrunning::Operations;
namespace management = influxdata::iox::management::v1;

Result<std::vector<longrunning::Operation>> list_operations(const Client& client) {
  MAGNETITE_TRY(const auto response,
                call<Operations>(client, &Operations::Stub::ListOperations, longrunning::ListOperationsRequest()));
  return std::vector<longrunning::Operation>(response.operations().begin(), response.operations().end());
}

Result<longrunning::Operation> get_operation(const Client& client, const std::string& id) {
  longrunning::GetOperationRequest request;
  request.set_name(id);
  return call<Operations>(client, &Operations::Stub::GetOperation, request);
}

Result<longrunning::Operation> wait_operation(const Client& client, const std::string& id, uint64_t nanos) {
  constexpr uint64_t kPerSecond = 1'000'000'000;
  longrunning::WaitOperationRequest request;
  request.set_name(id);
  request.mutable_timeout()->set_seconds(static_cast<int64_t>(nanos / kPerSecond));
  request.mutable_timeout()->set_nanos(static_cast<int32_t>(nanos % kPerSecond));
  return call<Operations>(client, &Operations::Stub::WaitOperation, request);
}

Result<> cancel_operation(const Client& client, const std::string& id) {
  longrunning::CancelOperationRequest request;
  request.set_name(id);
  MAGNETITE_RETURN_IF_ERROR(call<Operations>(client, &Operations::Stub::CancelOperation, request));
  return {};
}

Result<longrunning::Operation> start_dummy_job(const Client& client, const std::vector<uint64_t>& nanos) {
  management::CreateDummyJobRequest request;
  request.mutable_nanos()->Add(nanos.begin(), nanos.end());
  MAGNETITE_TRY(auto response, call<management::ManagementService>(
                                   client, &management::ManagementService::Stub::CreateDummyJob, request));
  return std::move(*response.mutable_operation());
}

}  // namespace magnetite::cli
