// The commands of this program and their options, as completion needs them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace magnetite::cli {

struct OptionWords {
  std::vector<std::string> names = {};  // "--format", "-f"
  bool takes_value = false;
  std::vector<std::string> values = {};  // what it may be; empty: anything
};

// What stands at a place of a command.
enum class Place : uint8_t { kAnything, kDatabase, kFile };

struct CommandTree {
  std::string name = {};
  std::string what = {};
  std::vector<OptionWords> options = {};
  std::vector<Place> places = {};
  std::vector<std::vector<std::string>> place_values = {};  // beside `places`
  std::vector<CommandTree> commands = {};
};

CommandTree command_tree(const CLI::App& app);

}  // namespace magnetite::cli
