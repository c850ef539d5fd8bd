// `magnetite database create | update | list | get | delete | restore | write | query`.
#pragma once

namespace CLI {
class App;
}

namespace magnetite::cli {

struct Stage;  // command.h

void add_database_commands(CLI::App& database, const Stage& stage);

}  // namespace magnetite::cli
