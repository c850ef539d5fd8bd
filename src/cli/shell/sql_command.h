// `magnetite sql [DATABASE] [-c STATEMENTS]`.
#pragma once

namespace CLI {
class App;
}
namespace magnetite::cli {
struct Stage;  // command.h
}

namespace magnetite::cli::shell {

void add_sql_command(CLI::App& app, const Stage& stage);

}  // namespace magnetite::cli::shell
