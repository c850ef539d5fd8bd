// `magnetite server status`: the server's answer to GetServerStatus, for people or as JSON.
#pragma once

#include <cstdint>
#include <string>

namespace influxdata::iox::management::v1 {
class ServerStatus;
}

namespace magnetite::cli {

std::string status_text(const influxdata::iox::management::v1::ServerStatus& status);
std::string status_json(const influxdata::iox::management::v1::ServerStatus& status);

// "512 B", "1.5 GiB".
std::string bytes_text(uint64_t bytes);

}  // namespace magnetite::cli
