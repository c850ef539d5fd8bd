// Scripts that teach a shell to complete this program's command lines. Pure.
#pragma once

#include <string>

#include "cli/command_tree.h"

namespace magnetite::cli {

// Names of databases are asked of the server that the line names, or MAGNETITE_ADDR; silently.
std::string bash_completion(const CommandTree& program);
std::string zsh_completion(const CommandTree& program);
std::string fish_completion(const CommandTree& program);

}  // namespace magnetite::cli
