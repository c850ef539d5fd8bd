#include "rpc/remote_client.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <influxdata/iox/write/v1/service.grpc.pb.h>

#include <map>

#include "base/mutex.h"

namespace magnetite::rpc {
namespace {

namespace write_api = influxdata::iox::write::v1;

constexpr size_t kChannelsMax = 1'000;

gpr_timespec from_now(std::chrono::milliseconds delay) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(delay.count(), GPR_TIMESPAN));
}

ErrorCode code_of(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::INVALID_ARGUMENT:
      return ErrorCode::kInvalidInput;
    case grpc::RESOURCE_EXHAUSTED:
      return ErrorCode::kResourceExhausted;
    case grpc::DEADLINE_EXCEEDED:
      return ErrorCode::kUnclear;
    default:
      return ErrorCode::kUnavailable;
  }
}

class GrpcRemoteWriter final : public server::RemoteWriter {
 public:
  explicit GrpcRemoteWriter(RemoteClientOptions options) : options_(std::move(options)) {}

  std::expected<uint64_t, Failure> write(const std::string& address, const std::string& database,
                                         std::string_view lines) override {
    const auto not_reached = [](std::string text) {
      return std::unexpected(Failure{false, Error(ErrorCode::kUnavailable, std::move(text))});
    };
    const std::shared_ptr<grpc::Channel> channel = channel_to(address);
    if (channel == nullptr) return not_reached("its address must be http://name:port or https://name:port");
    if (!connect(*channel)) return not_reached("no connection could be made");
    write_api::WriteRequest request;
    request.set_db_name(database);
    request.set_lp_data(std::string(lines));
    request.set_store_here(true);
    write_api::WriteResponse response;
    grpc::ClientContext context;
    context.set_deadline(from_now(options_.write_timeout));
    if (!options_.token.empty()) context.AddMetadata("authorization", "Bearer " + options_.token);
    const grpc::Status status = write_api::WriteService::NewStub(channel)->Write(&context, request, &response);
    if (!status.ok()) return std::unexpected(Failure{true, Error(code_of(status), status.error_message())});
    return response.lines_written();
  }

 private:
  // A refused connection is known at once; only one that nobody answers takes the whole time.
  bool connect(grpc::Channel& channel) const {
    const gpr_timespec deadline = from_now(options_.connect_timeout);
    while (true) {
      const grpc_connectivity_state state = channel.GetState(true);
      if (state == GRPC_CHANNEL_READY) return true;
      if (state == GRPC_CHANNEL_TRANSIENT_FAILURE || state == GRPC_CHANNEL_SHUTDOWN) return false;
      if (!channel.WaitForStateChange(state, deadline)) return false;
    }
  }

  // nullptr: it is no address.
  std::shared_ptr<grpc::Channel> channel_to(const std::string& address) EXCLUDES(mutex_) {
    constexpr std::string_view kPlain = "http://";
    constexpr std::string_view kTls = "https://";
    const bool tls = address.starts_with(kTls);
    if (!tls && !address.starts_with(kPlain)) return nullptr;
    const std::string target = address.substr(tls ? kTls.size() : kPlain.size());
    const MutexLock lock(mutex_);
    if (const auto known = channels_.find(address); known != channels_.end()) return known->second;
    if (channels_.size() >= kChannelsMax) channels_.clear();  // addresses of remotes that are gone
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = options_.roots;
    const auto credentials = tls ? grpc::SslCredentials(ssl) : grpc::InsecureChannelCredentials();
    grpc::ChannelArguments arguments;
    constexpr int kReconnectMillis = 1'000;  // a server that comes back is used soon
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMillis);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMillis);
    return channels_[address] = grpc::CreateCustomChannel(target, credentials, arguments);
  }

  const RemoteClientOptions options_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<server::RemoteWriter> make_remote_writer(RemoteClientOptions options) {
  return std::make_unique<GrpcRemoteWriter>(std::move(options));
}

}  // namespace magnetite::rpc
