#include "cli/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "cli/failure.h"
#include "cli/interrupts.h"

namespace magnetite::cli {
namespace {

void report(const Error& error, int& exit_code) {
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", error.message());
  exit_code = static_cast<int>(exit_code_of(error));
}

// Wrong usage is CLI11's to report, by the way of its own exceptions.
void check_format(const std::string& format) {
  if (format != "pretty" && format != "json")
    throw CLI::ValidationError("--format", format + " is for queries: this command prints pretty or json");
}

Result<> print(const Output& output, const std::string& format) {
  const std::string& shown = format == "json" ? output.json : output.text;
  if (!shown.empty()) fmt::print("{}\n", shown);
  if (std::fflush(stdout) != 0) return fail(ErrorCode::kInternal, "the output cannot be written");
  if (output.failure) return std::unexpected(*output.failure);
  return {};
}

}  // namespace

Output ok() { return {.text = "Ok", .json = R"("Ok")"}; }

Output json_output(std::string json) { return {.text = json, .json = std::move(json)}; }

void run_printing(CLI::App& command, const Stage& stage, std::function<Result<>()> body) {
  command.callback([body = std::move(body), &exit_code = stage.exit_code] {
    if (const Result<> done = body(); !done) report(done.error(), exit_code);
  });
}

void run_as(CLI::App& command, const Stage& stage, InterruptibleBody body) {
  run_printing(command, stage, [globals = stage.globals, body = std::move(body)]() -> Result<> {
    check_format(globals->format);
    const Interrupts interrupts;  // before the client's threads
    MAGNETITE_TRY(const std::unique_ptr<Client> client, Client::make(globals->endpoint));
    MAGNETITE_TRY(const Output output, body(*client, interrupts));
    return print(output, globals->format);
  });
}

void run_as(CLI::App& command, const Stage& stage, Body body) {
  run_printing(command, stage, [globals = stage.globals, body = std::move(body)]() -> Result<> {
    check_format(globals->format);
    MAGNETITE_TRY(const std::unique_ptr<Client> client, Client::make(globals->endpoint));
    MAGNETITE_TRY(const Output output, body(*client));
    return print(output, globals->format);
  });
}

CLI::App& add_group(CLI::App& parent, const char* name, const char* what) {
  CLI::App& group = *parent.add_subcommand(name, what);
  group.require_subcommand(1);
  group.fallthrough();
  return group;
}

CLI::App& add_command(CLI::App& group, const char* name, const char* what,
                      std::initializer_list<const char*> examples) {
  CLI::App& command = *group.add_subcommand(name, what);
  command.fallthrough();
  std::string footer = examples.size() == 0 ? "" : "Examples:\n";
  for (const char* example : examples) footer += fmt::format("  {}\n", example);
  command.footer(footer + "\n--host, --format and the other options of `magnetite --help` may stand here too.");
  return command;
}

std::shared_ptr<bool> add_yes(CLI::App& command) {
  auto yes = std::make_shared<bool>(false);
  command.add_flag("--yes", *yes, "Does not ask");
  return yes;
}

Result<> confirm(bool yes, const std::string& question) {
  if (yes) return {};
  if (::isatty(STDIN_FILENO) == 0) throw CLI::ValidationError("nobody can be asked here: say --yes");
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return fail(ErrorCode::kCancelled, "nothing was done");
}

}  // namespace magnetite::cli
