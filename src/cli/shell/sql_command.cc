#include "cli/shell/sql_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/interrupts.h"
#include "cli/shell/script.h"
#include "cli/shell/session.h"
#include "cli/shell/terminal.h"

namespace magnetite::cli::shell {
namespace {

struct Arguments {
  std::string database;
  std::string statements;
};

Result<> run_interactively(const Globals& globals, SessionOptions options) {
  const Interrupts interrupts;  // before the client's threads
  MAGNETITE_TRY(const std::unique_ptr<Client> client, Client::make(globals.endpoint));
  Session session(*client, std::move(options), [&] { return interrupts.arrived(); });
  MAGNETITE_RETURN_IF_ERROR(session.open());
  fmt::print("Connected to Magnetite at {}\nReady for commands: HELP; shows some, exit leaves\n", client->url());
  std::fflush(stdout);
  run_terminal(session, interrupts);
  return {};
}

Result<> run_sql(const Globals& globals, const Arguments& given) {
  SessionOptions options{.database = given.database};
  MAGNETITE_TRY(options.format, parse_text_format(globals.format));
  if (given.statements.empty() && ::isatty(STDIN_FILENO) != 0) return run_interactively(globals, std::move(options));
  options.notes = stderr;  // a pipe gets results only
  options.timing = given.statements.empty();
  MAGNETITE_TRY(const std::unique_ptr<Client> client, Client::make(globals.endpoint));
  Session session(*client, std::move(options), {});  // Ctrl-C ends the process
  MAGNETITE_RETURN_IF_ERROR(session.open());
  if (!given.statements.empty()) return run_text(session, given.statements);
  fmt::print(stderr, "Connected to Magnetite at {}\nReady for commands\n", client->url());
  return run_script(session, stdin);
}

}  // namespace

void add_sql_command(CLI::App& app, const Stage& stage) {
  const auto given = std::make_shared<Arguments>();
  CLI::App& command = add_command(app, "sql", "Runs SQL statements: typed in, piped in, or given by -c",
                                  {"magnetite sql home", "magnetite sql home -c \"SELECT count(*) AS rows FROM room\"",
                                   "echo \"SHOW DATABASES;\" | magnetite sql --format csv"});
  command.add_option("database", given->database, "Name of the database to begin with");
  command.add_option("-c,--command", given->statements, "Statements to run instead of reading them");
  run_printing(command, stage, [given, globals = stage.globals] { return run_sql(*globals, *given); });
}

}  // namespace magnetite::cli::shell
