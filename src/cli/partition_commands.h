// `magnetite database chunk | partition | catalog`.
#pragma once

namespace CLI {
class App;
}

namespace magnetite::cli {

struct Stage;  // command.h

void add_partition_commands(CLI::App& database, const Stage& stage);

}  // namespace magnetite::cli
