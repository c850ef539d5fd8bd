// How a server writes to another one; implemented by rpc/.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/error.h"

namespace magnetite::server {

// Thread-safe.
class RemoteWriter {
 public:
  virtual ~RemoteWriter() = default;

  struct Failure {
    bool reached = false;  // false: no connection came about, and nothing was done
    Error error;
  };
  // `address` is a remote's connection string, `lines` line protocol with nanosecond times, which is stored there
  // whatever that server's rules say of routing: whole, or not at all. Blocks for at most some seconds.
  virtual std::expected<uint64_t, Failure> write(const std::string& address, const std::string& database,
                                                 std::string_view lines) = 0;
};

}  // namespace magnetite::server
