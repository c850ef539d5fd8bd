// Commands about chunks, partitions, operations and the server itself.
#pragma once

#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace magnetite::cli {

struct Endpoint;  // client.h

// `endpoint` is filled by the time a command runs. `exit_code` outlives `app`.
void add_chunk_commands(CLI::App& database, const std::shared_ptr<const Endpoint>& endpoint, int& exit_code);
void add_operation_commands(CLI::App& app, const std::shared_ptr<const Endpoint>& endpoint, int& exit_code);
void add_server_commands(CLI::App& app, const std::shared_ptr<const Endpoint>& endpoint, int& exit_code);

}  // namespace magnetite::cli
