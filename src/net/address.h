// Addresses as flags spell them.
#pragma once

#include <string>

#include "base/result.h"

namespace magnetite::net {

struct HostPort {
  std::string host;
  std::string port;
};

// host:port, or [host]:port for a host with colons.
Result<HostPort> split_address(const std::string& address);

}  // namespace magnetite::net
