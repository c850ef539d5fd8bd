// `magnetite operation ...` and `magnetite server ...`.
#pragma once

namespace CLI {
class App;
}

namespace magnetite::cli {

struct Stage;  // command.h

void add_operation_commands(CLI::App& app, const Stage& stage);
void add_server_commands(CLI::App& app, const Stage& stage);

}  // namespace magnetite::cli
