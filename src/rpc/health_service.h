// Health of the gRPC services. Heavy header: for .cc files of this folder.
#pragma once

#include <grpc/health/v1/health.grpc.pb.h>

#include <memory>

namespace magnetite::rpc {

// Every service is SERVING as long as the process answers, as clients of the 2021 server expect; readiness is another
// thing. A watch holds no thread: it has its answer at once, and stays open until its client goes or end_watches().
// Thread-safe; outlives the gRPC server it is registered with.
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  HealthService();
  ~HealthService() override;
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context, const grpc::health::v1::HealthCheckRequest* request) override;

  // Ends those that are open, and from now on every new one at once: a stopping server would wait for them.
  void end_watches();

 private:
  class Watcher;
  class Watchers;
  const std::shared_ptr<Watchers> watchers_;
};

}  // namespace magnetite::rpc
