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

// Whether only this machine reaches who listens on it: localhost, 127.0.0.0/8 or ::1. No other name is looked up.
bool is_loopback(const std::string& host);

}  // namespace magnetite::net
