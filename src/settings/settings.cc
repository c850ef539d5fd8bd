#include "settings/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

extern char** environ;

namespace magnetite {
namespace {

constexpr std::string_view kOurs = "MAGNETITE_";
constexpr std::string_view kTheirs = "INFLUXDB_IOX_";
constexpr std::string_view kSpace = " \t\r";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_name(std::string_view text) {
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

std::string variable_of(std::string_view option) {
  std::string name(kOurs);
  for (const char c : option) name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

// True when it was not there before.
bool set_if_unset(const std::string& name, const std::string& value) {
  if (std::getenv(name.c_str()) != nullptr) return false;
  return ::setenv(name.c_str(), value.c_str(), 0) == 0;
}

const char* long_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? nullptr : option.get_lnames().front().c_str();
}

bool is_secret(std::string_view option) {
  if (option.ends_with("-file")) return false;  // where a secret is
  return option.contains("secret") || option.contains("token") || option.contains("password");
}

std::optional<std::string> argument(std::string_view name, int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == name && i + 1 < argc) return argv[i + 1];
    if (word.starts_with(name) && word.substr(name.size()).starts_with('='))
      return std::string(word.substr(name.size() + 1));
  }
  return std::nullopt;
}

bool is_given(const CLI::Option& option, int argc, const char* const* argv) {
  const auto stands_for = [&](std::string_view word, const std::string& name) {
    return word == "--" + name || word.starts_with("--" + name + "=");
  };
  for (int i = 1; i < argc; ++i)
    for (const std::string& name : option.get_lnames())
      if (stands_for(argv[i], name) || stands_for(argv[i], "no-" + name)) return true;
  return false;
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parse_dotenv(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> found;
  size_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    constexpr std::string_view kExport = "export ";
    if (line.starts_with(kExport)) line = trimmed(line.substr(kExport.size()));
    const size_t equals = line.find('=');
    const std::string_view name = trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || !is_name(name))
      return fail(ErrorCode::kInvalidInput, fmt::format("line {}: NAME=value is expected, not '{}'", number, line));
    std::string_view value = trimmed(line.substr(equals + 1));
    if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0])
      value = value.substr(1, value.size() - 2);
    found.emplace_back(name, value);
  }
  return found;
}

void name_variables(CLI::App& command) {
  for (CLI::Option* option : command.get_options())
    if (const char* name = long_name(*option);
        name != nullptr && option->get_envname().empty() && std::string_view(name) != "help")
      option->envname(variable_of(name));
}

Result<Settings> Settings::gather(const CLI::App& run, int argc, const char* const* argv) {
  Settings settings;
  if (std::ifstream file(".env"); file) {
    std::ostringstream text;
    text << file.rdbuf();
    const auto pairs = parse_dotenv(text.str());
    if (!pairs) return fail(ErrorCode::kInvalidInput, fmt::format(".env: {}", pairs.error().message()));
    for (const auto& [name, value] : *pairs)
      if (set_if_unset(name, value)) settings.origins_.insert_or_assign(name, ".env");
  }

  std::vector<std::string> theirs;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable = *each;
    const std::string_view name = variable.substr(0, variable.find('='));
    if (name.starts_with(kTheirs) || name == "IOX_ADDR") theirs.emplace_back(name);
  }
  for (const std::string& name : theirs) {
    const std::string ours =
        std::string(kOurs) + (name.starts_with(kTheirs) ? name.substr(kTheirs.size()) : std::string("ADDR"));
    if (!set_if_unset(ours, std::getenv(name.c_str()))) continue;
    const auto known = settings.origins_.find(name);
    settings.origins_.insert_or_assign(
        ours, fmt::format("{} ({})", known == settings.origins_.end() ? "environment" : known->second, name));
  }

  std::optional<std::string> path = argument("--config", argc, argv);
  if (!path && std::getenv("MAGNETITE_CONFIG") != nullptr) path = std::getenv("MAGNETITE_CONFIG");
  if (!path || path->empty()) return settings;
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML().from_file(*path);
  } catch (const CLI::Error& error) {
    return fail(ErrorCode::kInvalidInput, fmt::format("--config {}: {}", *path, error.what()));
  }
  for (const CLI::ConfigItem& item : items) {
    if (item.name == "++" || item.name == "--") continue;  // begin and end of a section
    const CLI::Option* option = item.parents.empty() ? run.get_option_no_throw("--" + item.name) : nullptr;
    if (option == nullptr || item.inputs.size() != 1)
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("{}: '{}': a key is the name of an option of `magnetite run` without its dashes, and has "
                              "one value",
                              *path, item.fullname()));
    if (set_if_unset(option->get_envname(), item.inputs.front()))
      settings.origins_.insert_or_assign(option->get_envname(), *path);
  }
  return settings;
}

std::string Settings::origin_of(const std::string& variable) const {
  const auto known = origins_.find(variable);
  return known == origins_.end() ? fmt::format("environment ({})", variable) : known->second;
}

Result<> Settings::check(const CLI::App& command) const {
  for (const CLI::Option* option : command.get_options()) {
    const char* value = option->get_envname().empty() ? nullptr : std::getenv(option->get_envname().c_str());
    if (value == nullptr || *value == '\0' || option->count() > 0) continue;
    return fail(
        ErrorCode::kInvalidInput,
        fmt::format("{}: '{}' is no value for {} ({})", origin_of(option->get_envname()),
                    is_secret(option->get_name()) ? "***" : value, option->get_name(), option->get_description()));
  }
  return {};
}

std::string Settings::describe(const CLI::App& command, int argc, const char* const* argv) const {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    const char* name = long_name(*option);
    if (name == nullptr || std::string_view(name) == "help") continue;
    std::string value = option->get_default_str();
    std::string origin = "default";
    if (option->count() > 0) {
      value = fmt::format("{}", fmt::join(option->results(), " "));
      origin = is_given(*option, argc, argv) ? "flag" : origin_of(option->get_envname());
      if (is_secret(name)) value = "***";
    }
    text += fmt::format("{:32} {:28} {}\n", name, value.empty() ? "-" : value, origin);
  }
  return text;
}

}  // namespace magnetite
