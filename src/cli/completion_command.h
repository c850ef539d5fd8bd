// `magnetite completion bash | zsh | fish`.
#pragma once

namespace CLI {
class App;
}

namespace magnetite::cli {

struct Stage;  // command.h

// Its script speaks of every command that `app` has when it runs.
void add_completion_command(CLI::App& app, const Stage& stage);

}  // namespace magnetite::cli
