// `magnetite server status`: the server's answer to GetServerStatus, for people or as JSON.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace CLI {
class App;
}
namespace influxdata::iox::management::v1 {
class ServerStatus;
}

namespace magnetite::cli {

struct Endpoint;  // client.h

// `exit_code` outlives `server`: 1 when the server does not answer.
void add_server_status(CLI::App& server, const std::shared_ptr<const Endpoint>& endpoint, int& exit_code);

std::string status_text(const influxdata::iox::management::v1::ServerStatus& status);
std::string status_json(const influxdata::iox::management::v1::ServerStatus& status);

// "512 B", "1.5 GiB".
std::string bytes_text(uint64_t bytes);

}  // namespace magnetite::cli
