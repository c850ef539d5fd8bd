// The command line's client commands: they speak the wire API only. `magnetite run` is wired in magnetite/main.cc.
#pragma once

#include <optional>

namespace CLI {
class App;
}

namespace magnetite::cli {

// Adds the client commands and their global options to `app`. The chosen command runs when it was parsed; its exit code
// (failure.h) is written to `exit_code`; output goes to stdout, errors to stderr.
void add_client_commands(CLI::App& app, int& exit_code);

// Parses, and so runs what was chosen. nullopt: go on. An exit code: what there was to say, help or a wrong command
// line, was said.
std::optional<int> parse(CLI::App& app, int argc, const char* const* argv);

}  // namespace magnetite::cli
