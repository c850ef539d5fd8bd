#include "rpc/rpc_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server_builder.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <utility>
#include <vector>

#include "metrics/call_metrics.h"
#include "rpc/call_observer.h"
#include "rpc/flight_guard.h"
#include "rpc/flight_service.h"
#include "rpc/guarded_services.h"
#include "rpc/health_service.h"
#include "rpc/management_service.h"
#include "rpc/operations_service.h"
#include "rpc/write_service.h"

namespace magnetite::rpc {
namespace {

// Flight insists on an address of its own. It gets a socket in a folder of ours that has lost its name by the time
// anyone could look for it: clients come through the listener only.
class NamelessSocket {
 public:
  static Result<NamelessSocket> in(const std::string& folder) {
    const int descriptor = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return fail(ErrorCode::kUnavailable, fmt::format("cannot open the folder {}", folder));
    return NamelessSocket(descriptor);
  }
  NamelessSocket(NamelessSocket&& other) noexcept : folder_(std::exchange(other.folder_, -1)) {}
  NamelessSocket& operator=(NamelessSocket&&) = delete;
  ~NamelessSocket() {
    if (folder_ < 0) return;
    ::unlinkat(folder_, kName, 0);
    ::close(folder_);
  }
  // By the descriptor, since the path of a socket has at most 107 bytes.
  std::string path() const { return fmt::format("/proc/self/fd/{}/{}", folder_, kName); }

 private:
  static constexpr const char* kName = "flight.sock";
  explicit NamelessSocket(int folder) : folder_(folder) {}
  int folder_;
};

class RpcServerImpl final : public RpcServer {
 public:
  RpcServerImpl(Executor& executor, server::Server& server, query::sql::Engine& engine, access::Gatekeeper& gatekeeper,
                RpcOptions options)
      : options_(std::move(options)),
        calls_(options_.calls != nullptr ? options_.calls : std::make_shared<metrics::CallMetrics>()),
        management_(server),
        operations_(executor, server),
        write_(server),
        column_write_(server),
        flight_(executor, server, engine),
        guarded_(guarded({gatekeeper, management_, operations_, write_, column_write_})),
        gatekeeper_(gatekeeper),
        executor_(executor) {}
  ~RpcServerImpl() override { stop(std::chrono::seconds(0)); }

  Result<> begin() {
    MAGNETITE_TRY(const NamelessSocket socket, NamelessSocket::in(options_.scratch_folder));
    auto location = arrow::flight::Location::ForGrpcUnix(socket.path());
    if (!location.ok()) return fail(ErrorCode::kInternal, location.status().message());
    // Every server built from here on tells clients what its services look like.
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    arrow::flight::FlightServerOptions flight_options(*location);
    guard(flight_options, gatekeeper_);
    flight_options.builder_hook = [this](void* raw) {
      auto& builder = *static_cast<grpc::ServerBuilder*>(raw);
      for (const auto& service : guarded_) builder.RegisterService(service.get());
      builder.RegisterService(&health_);  // open to everybody
      grpc::ResourceQuota quota("magnetite");
      quota.SetMaxThreads(static_cast<int>(options_.calls_max));
      builder.SetResourceQuota(quota);
      std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> observers;
      observers.push_back(make_call_observers(*calls_, executor_.clock()));
      builder.experimental().SetInterceptorCreators(std::move(observers));
      constexpr int kMessageBytesMax = 256 << 20;
      builder.SetMaxReceiveMessageSize(kMessageBytesMax);
      acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, grpc::InsecureServerCredentials());
    };
    if (const arrow::Status started = flight_.Init(flight_options); !started.ok())
      return fail(ErrorCode::kUnavailable, fmt::format("cannot start gRPC: {}", started.message()));
    running_ = true;
    return {};
  }

  void take(int descriptor, std::string_view first_bytes) override {
    if (!running_) {
      ::shutdown(descriptor, SHUT_RDWR);
      ::close(descriptor);
      return;
    }
    const grpc::Slice bytes(first_bytes.data(), first_bytes.size());
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = descriptor;
    connection.read_buffer = grpc::ByteBuffer(&bytes, 1);
    acceptor_->HandleNewConnection(&connection);
  }

  void stop(std::chrono::seconds drain) override {
    if (!running_.exchange(false)) return;
    health_.end_watches();
    const auto deadline =
        std::chrono::system_clock::time_point(std::chrono::nanoseconds(executor_.clock().wall_now().nanos)) + drain;
    static_cast<void>(flight_.Shutdown(&deadline));  // calls that outlive the deadline are cut
  }

 private:
  const RpcOptions options_;
  const std::shared_ptr<metrics::CallMetrics> calls_;
  ManagementService management_;
  OperationsService operations_;
  WriteService write_;
  ColumnWriteService column_write_;
  HealthService health_;
  FlightService flight_;
  const std::vector<std::unique_ptr<grpc::Service>> guarded_;
  access::Gatekeeper& gatekeeper_;
  Executor& executor_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::atomic<bool> running_ = false;
};

}  // namespace

Result<std::unique_ptr<RpcServer>> RpcServer::start(Executor& executor, server::Server& server,
                                                    query::sql::Engine& engine, access::Gatekeeper& gatekeeper,
                                                    RpcOptions options) {
  auto started = std::make_unique<RpcServerImpl>(executor, server, engine, gatekeeper, std::move(options));
  MAGNETITE_RETURN_IF_ERROR(started->begin());
  return started;
}

}  // namespace magnetite::rpc
