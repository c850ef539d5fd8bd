#include "rpc/health_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <set>
#include <string_view>

#include "base/mutex.h"

namespace magnetite::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// Names that clients ask for, those of services that are only known by name included: a client of the 2021 server
// waits for Storage before it begins.
constexpr std::array kServices = {
    std::string_view(""),  // the server
    std::string_view("grpc.health.v1.Health"),
    std::string_view("grpc.reflection.v1alpha.ServerReflection"),
    std::string_view("influxdata.platform.storage.IOxTesting"),
    std::string_view("influxdata.platform.storage.Storage"),
    std::string_view("arrow.flight.protocol.FlightService"),
    std::string_view("influxdata.iox.write.v1.WriteService"),
    std::string_view("influxdata.transfer.column.v1.WriteService"),
    std::string_view("influxdata.iox.management.v1.ManagementService"),
    std::string_view("google.longrunning.Operations"),
};

bool is_known(std::string_view service) { return std::ranges::find(kServices, service) != kServices.end(); }

}  // namespace

// The watches that wait. gRPC destroys one after it has ended, at a time of its own.
class HealthService::Watchers {
 public:
  // False: no new ones.
  bool add(Watcher* watcher) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (!ended_) open_.insert(watcher);
    return !ended_;
  }
  // True for the one caller who may end it.
  bool take(Watcher* watcher) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return open_.erase(watcher) > 0;
  }
  std::set<Watcher*> take_all() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ended_ = true;
    return std::exchange(open_, {});
  }

 private:
  Mutex mutex_;
  std::set<Watcher*> open_ GUARDED_BY(mutex_);
  bool ended_ GUARDED_BY(mutex_) = false;
};

class HealthService::Watcher final : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  Watcher(std::shared_ptr<Watchers> watchers, std::string_view service) : watchers_(std::move(watchers)) {
    response_.set_status(is_known(service) ? HealthCheckResponse::SERVING : HealthCheckResponse::SERVICE_UNKNOWN);
    StartWrite(&response_);
  }
  static grpc::Status stopping() { return {grpc::UNAVAILABLE, "the server is stopping"}; }

  // It waits from here on. One that is cancelled meanwhile is ended by whoever sees it last.
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    if (!watchers_->add(this)) return Finish(stopping());
    if (cancelled_ && watchers_->take(this)) Finish(grpc::Status::CANCELLED);
  }
  void OnCancel() override {
    cancelled_ = true;
    if (watchers_->take(this)) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  const std::shared_ptr<Watchers> watchers_;
  HealthCheckResponse response_;
  std::atomic<bool> cancelled_ = false;
};

HealthService::HealthService() : watchers_(std::make_shared<Watchers>()) {}
HealthService::~HealthService() = default;

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context, const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  response->set_status(HealthCheckResponse::SERVING);
  reactor->Finish(is_known(request->service())
                      ? grpc::Status::OK
                      : grpc::Status(grpc::NOT_FOUND, fmt::format("unknown service {}", request->service())));
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(grpc::CallbackServerContext*,
                                                                    const HealthCheckRequest* request) {
  return new Watcher(watchers_, request->service());
}

void HealthService::end_watches() {
  for (Watcher* watcher : watchers_->take_all()) watcher->Finish(Watcher::stopping());
}

}  // namespace magnetite::rpc
