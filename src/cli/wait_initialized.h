// Waiting until a server has loaded its databases.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "cli/progress.h"

namespace influxdata::iox::management::v1 {
class ServerStatus;
}

namespace magnetite::cli {

class Client;

// How many databases are where; databases that could not be loaded count as done. Pure.
Progress start_progress(const influxdata::iox::management::v1::ServerStatus& status);

// A server that cannot be reached may be about to start: it is asked again, ten times a second, until `timeout`.
Result<> wait_initialized(const Client& client, std::chrono::seconds timeout, ProgressBar::Elsewhere elsewhere);

}  // namespace magnetite::cli
