#include "net/address.h"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>

namespace magnetite::net {

Result<HostPort> split_address(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon + 1 == address.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("address '{}' must be host:port", address));
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return HostPort{std::move(host), address.substr(colon + 1)};
}

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address(host, failed);
  return !failed && address.is_loopback();
}

}  // namespace magnetite::net
