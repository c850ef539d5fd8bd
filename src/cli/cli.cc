#include "cli/cli.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/completion_command.h"
#include "cli/database_commands.h"
#include "cli/failure.h"
#include "cli/partition_commands.h"
#include "cli/server_commands.h"
#include "cli/shell/sql_command.h"
#include "cli/token_commands.h"

namespace magnetite::cli {

void add_client_commands(CLI::App& app, int& exit_code) {
  const auto globals = std::make_shared<Globals>();
  // `-h` is the host, as users of the 2021 command line know it; help is --help.
  app.set_help_flag("--help", "Prints this help");
  app.add_option("--host,-h", globals->endpoint.host, "Address of the server, http:// or https://")
      ->envname("MAGNETITE_ADDR")
      ->capture_default_str();
  app.add_option("--ca-cert", globals->endpoint.ca_certificates,
                 "File of certificates (PEM) to trust for https:// instead of the system's")
      ->envname("MAGNETITE_CA_CERT");
  add_token_option(app, globals->endpoint);
  app.add_option("--format,-f", globals->format, "How results are printed; jsonl, csv and parquet are for queries")
      ->check(CLI::IsMember({"pretty", "json", "jsonl", "csv", "parquet"}))
      ->capture_default_str();
  app.add_flag("--verbose,-v", globals->verbosity, "Shows progress where stderr is no terminal");
  app.fallthrough();
  app.get_formatter()->enable_footer_formatting(false);  // examples keep their lines
  app.footer(
      "Exit codes: 0 done; 1 the server, or the input, was refused; 2 wrong usage; 3 the server cannot be reached.\n"
      "`magnetite COMMAND --help` shows examples.");

  const Stage stage{globals, exit_code};
  CLI::App& database = add_group(app, "database", "Creates, shows, writes and queries databases");
  add_database_commands(database, stage);
  add_partition_commands(database, stage);
  add_operation_commands(app, stage);
  add_server_commands(app, stage);
  add_token_commands(app, stage);
  shell::add_sql_command(app, stage);
  add_completion_command(app, stage);
}

std::optional<int> parse(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
}

}  // namespace magnetite::cli
