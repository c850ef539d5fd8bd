// What all commands are made of: one connection, one body that answers with what to print, one exit code.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/client.h"
#include "cli/progress.h"

namespace CLI {
class App;
}

namespace magnetite::cli {

class Interrupts;

// Options that stand before or after any client command.
struct Globals {
  Endpoint endpoint;
  std::string format = "pretty";
  int verbosity = 0;

  ProgressBar::Elsewhere progress_elsewhere() const {
    return verbosity > 0 ? ProgressBar::Elsewhere::kLines : ProgressBar::Elsewhere::kNothing;
  }
};

// What a command prints. `text` is the form for people, the one of the 2021 command line; empty: nothing.
struct Output {
  std::string text = {};
  std::string json = {};
  std::optional<Error> failure = {};  // reported after it
};
Output ok();                           // "Ok"
Output json_output(std::string json);  // JSON is the form for people too

// Where commands run. Lives as long as the App; `exit_code` longer.
struct Stage {
  std::shared_ptr<Globals> globals;
  int& exit_code;
};

using Body = std::function<Result<Output>(const Client&)>;
using InterruptibleBody = std::function<Result<Output>(const Client&, const Interrupts&)>;

// When `command` was parsed, `body` runs with a client, its output is printed as --format says (pretty or json), an
// error goes to stderr, and the exit code is failure.h's.
void run_as(CLI::App& command, const Stage& stage, Body body);
// Ctrl-C does not end the process while it runs.
void run_as(CLI::App& command, const Stage& stage, InterruptibleBody body);
// It prints for itself, in any format.
void run_printing(CLI::App& command, const Stage& stage, std::function<Result<>()> body);

CLI::App& add_group(CLI::App& parent, const char* name, const char* what);
// The examples end its help; tests run them.
CLI::App& add_command(CLI::App& group, const char* name, const char* what, std::initializer_list<const char*> examples);

// --yes, and where it is not given a question on the terminal. Call confirm() in the body: kCancelled where the answer
// is no.
std::shared_ptr<bool> add_yes(CLI::App& command);
Result<> confirm(bool yes, const std::string& question);

}  // namespace magnetite::cli
