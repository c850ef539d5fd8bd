// The command line's client commands: they speak the wire API only. `magnetite run` is wired in magnetite/main.cc.
#pragma once

namespace CLI {
class App;
}

namespace magnetite::cli {

// Adds `database ...` and the global --host option to `app`. The chosen command runs when it was parsed; its exit code
// (0 or 1) is written to `exit_code`; output goes to stdout, errors to stderr.
void add_client_commands(CLI::App& app, int& exit_code);

}  // namespace magnetite::cli
