#include "cli/completion_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/completion_script.h"

namespace magnetite::cli {

void add_completion_command(CLI::App& app, const Stage& stage) {
  const auto kind = std::make_shared<std::string>();
  CLI::App& command = add_command(app, "completion", "Prints a script that teaches a shell to complete these commands",
                                  {"magnetite completion bash", "source <(magnetite completion bash)"});
  command.add_option("shell", *kind, "Which")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  run_printing(command, stage, [kind, &app]() -> Result<> {
    const CommandTree program = command_tree(app);
    fmt::print("{}", *kind == "bash"  ? bash_completion(program)
                     : *kind == "zsh" ? zsh_completion(program)
                                      : fish_completion(program));
    return {};
  });
}

}  // namespace magnetite::cli
