// `magnetite token create | list | delete`: over the HTTP API, which any address of a server speaks.
#pragma once

#include "cli/command.h"

namespace magnetite::cli {

// --token, with which all client commands go to the server.
void add_token_option(CLI::App& app, Endpoint& endpoint);
void add_token_commands(CLI::App& app, const Stage& stage);

}  // namespace magnetite::cli
