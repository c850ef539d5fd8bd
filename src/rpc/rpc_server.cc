#include "rpc/rpc_server.h"

#include <fmt/format.h>
#include <grpcpp/server_builder.h>

#include "rpc/flight_service.h"
#include "rpc/management_service.h"
#include "rpc/operations_service.h"
#include "rpc/services.h"

namespace magnetite::rpc {
namespace {

class RpcServerImpl final : public RpcServer {
 public:
  RpcServerImpl(Executor& executor, server::Server& server, query::sql::Engine& engine, RpcOptions options)
      : options_(std::move(options)),
        management_(server),
        operations_(executor, server),
        write_(server),
        flight_(server, engine),
        executor_(executor) {}
  ~RpcServerImpl() override { stop(std::chrono::seconds(0)); }

  Result<> begin() {
    auto location = arrow::flight::Location::Parse("grpc://" + options_.bind_address);
    if (!location.ok())
      return fail(ErrorCode::kInvalidInput, fmt::format("address '{}' must be host:port", options_.bind_address));
    arrow::flight::FlightServerOptions flight_options(*location);
    flight_options.builder_hook = [this](void* raw) {
      auto& builder = *static_cast<grpc::ServerBuilder*>(raw);
      builder.RegisterService(&management_);
      builder.RegisterService(&operations_);
      builder.RegisterService(&write_);
      builder.RegisterService(&health_);
      builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a second server on this port must fail
      constexpr int kMessageBytesMax = 256 << 20;
      builder.SetMaxReceiveMessageSize(kMessageBytesMax);
    };
    if (const arrow::Status started = flight_.Init(flight_options); !started.ok())
      return fail(ErrorCode::kUnavailable,
                  fmt::format("cannot listen on {} (--grpc-bind): {}", options_.bind_address, started.message()));
    running_ = true;
    return {};
  }

  std::string address() const override {
    const std::string host = options_.bind_address.substr(0, options_.bind_address.rfind(':'));
    return fmt::format("{}:{}", host, flight_.port());
  }

  void stop(std::chrono::seconds drain) override {
    if (!std::exchange(running_, false)) return;
    const auto deadline =
        std::chrono::system_clock::time_point(std::chrono::nanoseconds(executor_.clock().wall_now().nanos)) + drain;
    static_cast<void>(flight_.Shutdown(&deadline));  // calls that outlive the deadline are cut
  }

 private:
  const RpcOptions options_;
  ManagementService management_;
  OperationsService operations_;
  WriteService write_;
  HealthService health_;
  FlightService flight_;
  Executor& executor_;
  bool running_ = false;
};

}  // namespace

Result<std::unique_ptr<RpcServer>> RpcServer::start(Executor& executor, server::Server& server,
                                                    query::sql::Engine& engine, RpcOptions options) {
  auto started = std::make_unique<RpcServerImpl>(executor, server, engine, std::move(options));
  MAGNETITE_RETURN_IF_ERROR(started->begin());
  return started;
}

}  // namespace magnetite::rpc
