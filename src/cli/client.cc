#include "cli/client.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <fstream>

#include "cli/failure.h"

namespace magnetite::cli {

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
  return std::unique_ptr<Client>(new Client(endpoint.host, grpc::CreateCustomChannel(address, credentials, arguments)));
}

Result<> Client::check(const grpc::Status& status) const {
  if (status.ok()) return {};
  // The server's own UNAVAILABLE came over a connection that stands; the transport's has none.
  const bool is_connected = status.error_code() != grpc::UNAVAILABLE || channel_->GetState(false) == GRPC_CHANNEL_READY;
  return std::unexpected(to_error({status.error_code(), status.error_message(), is_connected, url_}));
}

}  // namespace magnetite::cli
