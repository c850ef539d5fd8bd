// What a server says of itself, as the management API has it.
#pragma once

#include "server/server.h"

namespace influxdata::iox::management::v1 {
class ServerStatus;
}

namespace magnetite::rpc {

void to_proto(const server::ServerStatus& status, bool serving, influxdata::iox::management::v1::ServerStatus& out);

}  // namespace magnetite::rpc
