// Who calls over Arrow Flight.
#pragma once

#include "access/gatekeeper.h"

namespace arrow::flight {
class FlightServerOptions;
class ServerCallContext;
}  // namespace arrow::flight

namespace magnetite::rpc {

// Puts it before every call of a server that is to be made from `options`: without a valid token none begins, and a
// method of which nobody has said that it looks at the caller itself needs an admin. Handshake is answered as clients
// expect. `gatekeeper` outlives the server.
void guard(arrow::flight::FlightServerOptions& options, access::Gatekeeper& gatekeeper);

// In a call of a guarded server.
access::Caller caller_of(const arrow::flight::ServerCallContext& context);

}  // namespace magnetite::rpc
