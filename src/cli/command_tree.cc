#include "cli/command_tree.h"

#include <CLI/CLI.hpp>

namespace magnetite::cli {
namespace {

// CLI11 keeps the allowed words in the name of the type only: "TEXT:{pretty,json}".
std::vector<std::string> words_in_braces(const std::string& type) {
  const size_t begin = type.find('{');
  const size_t end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

Place place_of(const std::string& name) {
  if (name == "database") return Place::kDatabase;
  if (name == "files" || name == "file") return Place::kFile;
  return Place::kAnything;
}

}  // namespace

CommandTree command_tree(const CLI::App& app) {
  CommandTree tree;
  tree.name = app.get_name();
  tree.what = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      tree.places.push_back(place_of(option->get_single_name()));
      tree.place_values.push_back(words_in_braces(option->get_type_name()));
      continue;
    }
    OptionWords words;
    for (const std::string& name : option->get_lnames()) words.names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) words.names.push_back("-" + name);
    words.takes_value = option->get_items_expected_max() > 0 && option->get_type_size_max() > 0;
    if (words.takes_value) words.values = words_in_braces(option->get_type_name());
    tree.options.push_back(std::move(words));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_name().empty()) tree.commands.push_back(command_tree(*command));
  return tree;
}

}  // namespace magnetite::cli
