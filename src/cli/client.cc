#include "cli/client.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <fstream>
#include <vector>

#include "cli/failure.h"

namespace magnetite::cli {
namespace {

// Puts the token on every call of a channel, whoever makes it.
class TokenInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit TokenInterceptor(std::string authorization) : authorization_(std::move(authorization)) {}
  void Intercept(grpc::experimental::InterceptorBatchMethods* call) override {
    if (call->QueryInterceptionHookPoint(grpc::experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA))
      call->GetSendInitialMetadata()->emplace("authorization", authorization_);
    call->Proceed();
  }

 private:
  const std::string authorization_;
};

class TokenInterceptors final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit TokenInterceptors(std::string authorization) : authorization_(std::move(authorization)) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(grpc::experimental::ClientRpcInfo*) override {
    return new TokenInterceptor(authorization_);  // owned by the call
  }

 private:
  const std::string authorization_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::make(const Endpoint& endpoint) {
  const std::string_view host = endpoint.host;
  const bool is_secure = host.starts_with("https://");
  if (!is_secure && !host.starts_with("http://"))
    return fail(ErrorCode::kInvalidInput,
                fmt::format("--host '{}' must be http://name:port or https://name:port", host));
  std::string address(host.substr(host.find("://") + 3));
  while (address.ends_with('/')) address.pop_back();

  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (is_secure) {
    grpc::SslCredentialsOptions options;  // without roots: the system's
    if (!endpoint.ca_certificates.empty()) {
      std::ifstream file(endpoint.ca_certificates);
      options.pem_root_certs.assign(std::istreambuf_iterator<char>(file), {});
      if (!file || options.pem_root_certs.empty())
        return fail(ErrorCode::kInvalidInput, fmt::format("--ca-cert {}: cannot be read", endpoint.ca_certificates));
    }
    credentials = grpc::SslCredentials(options);
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  if (!endpoint.token.empty()) interceptors.push_back(std::make_unique<TokenInterceptors>("Bearer " + endpoint.token));
  return std::unique_ptr<Client>(
      new Client(endpoint.host, grpc::experimental::CreateCustomChannelWithInterceptors(address, credentials, arguments,
                                                                                        std::move(interceptors))));
}

Result<> Client::check(const grpc::Status& status) const {
  if (status.ok()) return {};
  // The server's own UNAVAILABLE came over a connection that stands; the transport's has none.
  const bool is_connected = status.error_code() != grpc::UNAVAILABLE || channel_->GetState(false) == GRPC_CHANNEL_READY;
  return std::unexpected(to_error({status.error_code(), status.error_message(), is_connected, url_}));
}

}  // namespace magnetite::cli
