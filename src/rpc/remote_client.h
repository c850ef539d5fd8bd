// Writes to other servers over gRPC.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "server/remote_writer.h"

namespace magnetite::rpc {

struct RemoteClientOptions {
  std::string roots;  // certificates (PEM) trusted instead of the system's, for https:// addresses
  std::string token;  // sent with each write; empty: none
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::seconds write_timeout{30};
};

// Addresses are http://name:port or https://name:port. Connections are kept.
std::unique_ptr<server::RemoteWriter> make_remote_writer(RemoteClientOptions options);

}  // namespace magnetite::rpc
