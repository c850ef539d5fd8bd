// What can be asked of a server about itself: its id, the servers it knows, how far it has started.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace influxdata::iox::management::v1 {
class Remote;
class ServerStatus;
}  // namespace influxdata::iox::management::v1

namespace magnetite::cli {

class Client;
namespace management = influxdata::iox::management::v1;

Result<uint32_t> server_id(const Client& client);
Result<> set_server_id(const Client& client, uint32_t id);

Result<std::vector<management::Remote>> list_remotes(const Client& client);
Result<> set_remote(const Client& client, uint32_t id, const std::string& connection);
Result<> remove_remote(const Client& client, uint32_t id);

Result<management::ServerStatus> server_status(const Client& client);
// Whether it answers at all; needs no token.
Result<> check_health(const Client& client);

}  // namespace magnetite::cli
