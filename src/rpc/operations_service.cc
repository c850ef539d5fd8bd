#include "rpc/operations_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rpc/operation_proto.h"
#include "rpc/status.h"

namespace magnetite::rpc {
namespace {

using grpc::Status;

// nullopt: not a number.
std::optional<jobs::JobId> parse_id(const std::string& name) {
  jobs::JobId id;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id.value);
  if (error != std::errc() || end != name.data() + name.size() || name.empty()) return std::nullopt;
  return id;
}

Status not_an_id(const std::string& name) {
  return to_status(Error(ErrorCode::kInvalidInput, fmt::format("name: '{}' is not the number of an operation", name)),
                   {.field = "name"});
}

Status unknown_job(const std::string& name) {
  return to_status(Error(ErrorCode::kNotFound, ""), {.resource_type = "job", .resource_name = name});
}

}  // namespace

Status OperationsService::ListOperations(grpc::ServerContext*, const google::longrunning::ListOperationsRequest*,
                                         google::longrunning::ListOperationsResponse* response) {
  for (const jobs::JobStatus& job : server_.jobs().list()) to_proto(job, *response->add_operations());
  return Status::OK;
}

Status OperationsService::GetOperation(grpc::ServerContext*, const google::longrunning::GetOperationRequest* request,
                                       google::longrunning::Operation* response) {
  const auto id = parse_id(request->name());
  if (!id) return not_an_id(request->name());
  const auto job = server_.jobs().find(*id);
  if (!job) return unknown_job(request->name());
  to_proto(*job, *response);
  return Status::OK;
}

Status OperationsService::CancelOperation(grpc::ServerContext*,
                                          const google::longrunning::CancelOperationRequest* request,
                                          google::protobuf::Empty*) {
  const auto id = parse_id(request->name());
  if (!id) return not_an_id(request->name());
  return server_.jobs().cancel(*id) ? Status::OK : unknown_job(request->name());
}

Status OperationsService::WaitOperation(grpc::ServerContext* context,
                                        const google::longrunning::WaitOperationRequest* request,
                                        google::longrunning::Operation* response) {
  const auto id = parse_id(request->name());
  if (!id) return not_an_id(request->name());
  constexpr Duration kWaitMax = std::chrono::hours(24);
  // A call is looked at now and then: its client may have gone, or the server may be stopping.
  constexpr Duration kLookAgain = std::chrono::milliseconds(200);
  Duration timeout = kWaitMax;
  if (request->has_timeout()) {
    const int64_t seconds = std::clamp<int64_t>(request->timeout().seconds(), 0, 24 * 3600);
    timeout = std::chrono::seconds(seconds) + std::chrono::nanoseconds(std::max(request->timeout().nanos(), 0));
  }
  const MonoTime deadline = executor_.clock().mono_now() + timeout;
  while (true) {
    const MonoTime now = executor_.clock().mono_now();
    const auto job = server_.jobs().wait(*id, std::min(deadline, now + kLookAgain));
    if (!job) return unknown_job(request->name());
    if (job->ended() || context->IsCancelled() || executor_.clock().mono_now() >= deadline) {
      to_proto(*job, *response);
      return Status::OK;
    }
  }
}

}  // namespace magnetite::rpc
