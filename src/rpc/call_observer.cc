#include "rpc/call_observer.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_interceptor.h>

#include <map>
#include <optional>
#include <string>

#include "base/logging.h"
#include "metrics/call_metrics.h"
#include "net/request_id.h"

namespace magnetite::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

constexpr const char* kRequestId = "x-request-id";
// Its calls begin and end on threads of gRPC's choice, so that no thread is about one of them.
constexpr std::string_view kCallbackService = "grpc.health.v1.Health/";

metrics::CallOutcome outcome_of(grpc::StatusCode code) {
  switch (code) {
    case grpc::OK:
      return metrics::CallOutcome::kOk;
    case grpc::CANCELLED:
    case grpc::INVALID_ARGUMENT:
    case grpc::NOT_FOUND:
    case grpc::ALREADY_EXISTS:
    case grpc::PERMISSION_DENIED:
    case grpc::UNAUTHENTICATED:
    case grpc::RESOURCE_EXHAUSTED:
    case grpc::FAILED_PRECONDITION:
    case grpc::OUT_OF_RANGE:
    case grpc::UNIMPLEMENTED:
      return metrics::CallOutcome::kClientError;
    default:
      return metrics::CallOutcome::kError;
  }
}

log::Level level_of(metrics::CallOutcome outcome, grpc::StatusCode code) {
  if (outcome == metrics::CallOutcome::kOk) return log::Level::kDebug;
  return outcome == metrics::CallOutcome::kError && code != grpc::UNAVAILABLE ? log::Level::kWarn : log::Level::kInfo;
}

class CallObserver final : public grpc::experimental::Interceptor {
 public:
  CallObserver(std::string_view operation, metrics::CallMetrics& calls, Clock& clock)
      : operation_(operation), calls_(calls), clock_(clock), started_(clock.mono_now()) {}

  // A call of the synchronous services is received, handled and answered on one thread.
  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA))
      begin(*methods->GetRecvInitialMetadata());
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA))
      methods->GetSendInitialMetadata()->emplace(kRequestId, id_);
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) end(methods->GetSendStatus());
    methods->Proceed();
  }

 private:
  void begin(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
    id_ = net::request_id([&](std::string_view name) {
      const auto found = metadata.find(grpc::string_ref(name.data(), name.size()));
      return found == metadata.end() ? std::string_view()
                                     : std::string_view(found->second.data(), found->second.size());
    });
    if (!operation_.starts_with(kCallbackService)) scope_.emplace(id_);
  }

  void end(const grpc::Status& status) {
    const Duration took = clock_.mono_now() - started_;
    const metrics::CallOutcome outcome = outcome_of(status.error_code());
    calls_.count_grpc(operation_, outcome, took);
    const log::Level level = level_of(outcome, status.error_code());
    if (log::enabled(level)) {
      std::optional<log::RequestScope> own;
      if (!scope_) own.emplace(id_);
      log::write(level, status.ok() ? "call" : "call failed",
                 {{"operation", operation_},
                  {"status", std::to_string(status.error_code())},
                  {"micros", std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(took).count())},
                  {"answer", status.error_message()}});
    }
    scope_.reset();
  }

  const std::string operation_;
  metrics::CallMetrics& calls_;
  Clock& clock_;
  const MonoTime started_;
  std::string id_;
  std::optional<log::RequestScope> scope_;
};

class CallObservers final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  CallObservers(metrics::CallMetrics& calls, Clock& clock) : calls_(calls), clock_(clock) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    std::string_view operation(info->method());
    if (operation.starts_with('/')) operation.remove_prefix(1);
    return new CallObserver(operation, calls_, clock_);  // gRPC owns it
  }

 private:
  metrics::CallMetrics& calls_;
  Clock& clock_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> make_call_observers(metrics::CallMetrics& calls,
                                                                                           Clock& clock) {
  return std::make_unique<CallObservers>(calls, clock);
}

}  // namespace magnetite::rpc
