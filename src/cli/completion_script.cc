#include "cli/completion_script.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace magnetite::cli {
namespace {

// A command, its path ("database create", "" is the program) and everything that may be typed there.
struct Node {
  std::string path;
  const CommandTree* command;
};

void collect(const CommandTree& command, const std::string& path, std::vector<Node>& nodes) {
  nodes.push_back({path, &command});
  for (const CommandTree& each : command.commands)
    collect(each, path.empty() ? each.name : path + " " + each.name, nodes);
}

std::vector<Node> all_nodes(const CommandTree& program) {
  std::vector<Node> nodes;
  collect(program, "", nodes);
  return nodes;
}

std::vector<std::string> command_names(const CommandTree& command) {
  std::vector<std::string> names;
  for (const CommandTree& each : command.commands) names.push_back(each.name);
  return names;
}

void add_option_names(const CommandTree& command, std::vector<std::string>& names) {
  for (const OptionWords& option : command.options) names.insert(names.end(), option.names.begin(), option.names.end());
}

// What _magnetite_at says of each path.
std::string path_cases(const CommandTree& program) {
  std::string cases;
  for (const Node& node : all_nodes(program)) {
    std::vector<std::string> options;
    add_option_names(*node.command, options);
    if (node.command != &program) add_option_names(program, options);
    std::vector<std::string> places;
    for (size_t i = 0; i < node.command->places.size(); ++i) {
      const Place place = node.command->places[i];
      const auto& values = node.command->place_values[i];
      places.push_back(!values.empty()             ? fmt::format("words:{}", fmt::join(values, ","))
                       : place == Place::kDatabase ? "database"
                       : place == Place::kFile     ? "file"
                                                   : "any");
    }
    cases += fmt::format("    '{}') subcommands='{}' flags='{}' operands='{}' ;;\n", node.path,
                         fmt::join(command_names(*node.command), " "), fmt::join(options, " "), fmt::join(places, " "));
  }
  return cases;
}

// Options that take a value, over the whole program: the same name means the same everywhere.
std::string value_cases(const CommandTree& program) {
  std::string cases;
  std::vector<std::string> seen;
  for (const Node& node : all_nodes(program))
    for (const OptionWords& option : node.command->options) {
      if (!option.takes_value) continue;
      const std::string pattern = fmt::format("{}", fmt::join(option.names, "|"));
      if (std::ranges::find(seen, pattern) != seen.end()) continue;
      seen.push_back(pattern);
      cases += fmt::format("    {}) echo '{}' ;;\n", pattern, fmt::join(option.values, " "));
    }
  return cases;
}

// Names are such as zsh does not use itself: there, `path`, `commands` and `options` are its own.
constexpr std::string_view kOffers = R"offers(
# Sets subcommands, flags and operands of the command whose words are in $1.
_magnetite_at() {
  subcommands='' flags='' operands=''
  case "$1" in
@CASES@  esac
}

# Prints the words that the value of option $1 may be; fails when it takes none.
_magnetite_values() {
  case "$1" in
@VALUES@    *) return 1 ;;
  esac
}

# Prints what the last of the words may become, a line each, or @files. The first word is the program.
_magnetite_offers() {
  [ -n "${ZSH_VERSION-}" ] && emulate -L ksh
  local program=$1 at='' place=0 each option='' word values subcommands flags operands
  local -a host
  host=()
  shift
  _magnetite_at ''
  while [ $# -gt 1 ]; do
    each=$1
    shift
    case "$each" in
      --*=*) ;;
      -*)
        _magnetite_values "$each" > /dev/null || continue
        if [ $# -eq 1 ]; then
          option=$each
        else
          case "$each" in --host|-h|--ca-cert|--token) host+=("$each" "$1") ;; esac
          shift
        fi ;;
      *)
        case " $subcommands " in
          *" $each "*)
            at="${at:+$at }$each"
            _magnetite_at "$at" ;;
          *) place=$((place + 1)) ;;
        esac ;;
    esac
  done
  word=$1
  case "$word" in --*=*) option=${word%%=*} ;; esac
  if [ -n "$option" ] && values=$(_magnetite_values "$option"); then
    if [ -n "$values" ]; then printf '%s\n' $values; else echo @files; fi
    return
  fi
  case "$word" in
    -*)
      printf '%s\n' $flags
      return ;;
  esac
  if [ -n "$subcommands" ]; then
    printf '%s\n' $subcommands
    return
  fi
  set -- $operands
  while [ $# -gt 1 ] && [ $place -gt 0 ]; do
    place=$((place - 1))
    shift
  done
  # Behind the last place there is nothing, but files may be many.
  if [ $place -gt 0 ] && [ "${1-}" != file ]; then return; fi
  case "${1-}" in
    database) "$program" "${host[@]}" database list < /dev/null 2> /dev/null ;;
    words:*)
      values=${1#words:}
      printf '%s\n' ${values//,/ } ;;
    file) echo @files ;;
  esac
}
)offers";

constexpr std::string_view kBash = R"bash(
_magnetite() {
  local IFS=$' \t\n' word offered
  local -a typed
  read -ra typed <<< "${COMP_LINE:0:COMP_POINT}"
  [[ ${COMP_LINE:COMP_POINT-1:1} == [[:space:]] ]] && typed+=('')
  word=${typed[${#typed[@]}-1]}
  offered=$(_magnetite_offers "${typed[@]}")
  [[ $word == --*=* ]] && word=${word#*=}
  IFS=$'\n'
  if [[ $offered == @files ]]; then
    COMPREPLY=($(compgen -f -- "$word"))
  else
    COMPREPLY=($(compgen -W "$offered" -- "$word"))
  fi
}
complete -F _magnetite magnetite
)bash";

constexpr std::string_view kZsh = R"zsh(
_magnetite() {
  local -a offered
  offered=("${(@f)$(_magnetite_offers "${(@)words[1,CURRENT]}")}")
  [[ $PREFIX == --*=* ]] && compset -P '*='
  if [[ $offered[1] == @files ]]; then
    _files
  else
    compadd -- $offered
  fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _magnetite magnetite
)zsh";

std::string replaced(std::string text, std::string_view mark, const std::string& with) {
  text.replace(text.find(mark), mark.size(), with);
  return text;
}

std::string offers(const CommandTree& program) {
  return replaced(replaced(std::string(kOffers), "@CASES@", path_cases(program)), "@VALUES@", value_cases(program));
}

std::string fish_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

constexpr std::string_view kFish = R"fish(# Completion of `magnetite` in fish: magnetite completion fish | source

# True when the commands typed so far are $argv.
function __magnetite_at
  set -l path ''
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
    else if string match -q -- '-*' $word
      contains -- $word $__magnetite_with_value; and set skip 1
    else
      set -l longer (string trim -- "$path $word")
      contains -- $longer $__magnetite_paths; and set path $longer
    end
  end
  test "$path" = "$argv"
end

function __magnetite_databases
  magnetite database list 2>/dev/null </dev/null
end

complete -c magnetite -f
)fish";

}  // namespace

std::string bash_completion(const CommandTree& program) {
  return "# Completion of `magnetite` in bash: source <(magnetite completion bash)\n" + offers(program) +
         std::string(kBash);
}

std::string zsh_completion(const CommandTree& program) {
  return "#compdef magnetite\n# Completion of `magnetite` in zsh: source <(magnetite completion zsh)\n" +
         offers(program) + std::string(kZsh);
}

std::string fish_completion(const CommandTree& program) {
  std::string script(kFish);
  std::vector<std::string> paths;
  std::vector<std::string> with_value;
  for (const Node& node : all_nodes(program)) {
    if (!node.path.empty()) paths.push_back(fish_quoted(node.path));
    for (const OptionWords& option : node.command->options)
      if (option.takes_value) with_value.insert(with_value.end(), option.names.begin(), option.names.end());
  }
  script += fmt::format("set -g __magnetite_paths {}\n", fmt::join(paths, " "));
  script += fmt::format("set -g __magnetite_with_value {}\n", fmt::join(with_value, " "));
  for (const Node& node : all_nodes(program)) {
    const bool is_program = node.command == &program;
    const std::string at = is_program ? "" : fmt::format(" -n '__magnetite_at {}'", node.path);
    const std::string only_here = is_program ? " -n '__magnetite_at'" : at;
    for (const CommandTree& each : node.command->commands)
      script += fmt::format("complete -c magnetite{} -a {} -d {}\n", only_here, each.name, fish_quoted(each.what));
    for (const OptionWords& option : node.command->options) {
      std::string words;
      for (const std::string& name : option.names)
        words += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!option.values.empty())
        words += fmt::format(" -x -a '{}'", fmt::join(option.values, " "));
      else if (option.takes_value)
        words += " -r";
      script += fmt::format("complete -c magnetite{}{}\n", at, words);
    }
    for (size_t i = 0; i < node.command->places.size(); ++i) {
      if (node.command->places[i] == Place::kDatabase)
        script += fmt::format("complete -c magnetite{} -a '(__magnetite_databases)'\n", at);
      if (node.command->places[i] == Place::kFile) script += fmt::format("complete -c magnetite{} -F\n", at);
      if (!node.command->place_values[i].empty())
        script += fmt::format("complete -c magnetite{} -a '{}'\n", at, fmt::join(node.command->place_values[i], " "));
    }
  }
  return script;
}

}  // namespace magnetite::cli
