#include "cli/database_commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <influxdata/iox/management/v1/database_rules.pb.h>
#include <influxdata/iox/management/v1/service.pb.h>

#include <CLI/CLI.hpp>

#include "cli/admin_json.h"
#include "cli/answer_json.h"
#include "cli/command.h"
#include "cli/database_calls.h"
#include "cli/query_stream.h"
#include "cli/result_printer.h"
#include "cli/rules_json.h"
#include "cli/rules_options.h"
#include "cli/write_files.h"

namespace magnetite::cli {
namespace {

// Values of all commands here; they live as long as the commands.
struct Arguments {
  std::string database;
  bool deleted = false;
  std::optional<uint64_t> keep_for_seconds;
  std::string uuid;
  std::vector<std::string> files;
  std::string sql;
};
using Shared = std::shared_ptr<Arguments>;

void add_database(CLI::App& command, const Shared& given) {
  command.add_option("database", given->database, "Name of the database")->required();
}

std::string lines_of(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, "\n")); }

void add_rules_commands(CLI::App& group, const Stage& stage, const Shared& given) {
  CLI::App& create = add_command(
      group, "create", "Creates a database",
      {"magnetite database create home", "magnetite database create office --late-arrive-window-seconds 60"});
  add_database(create, given);
  const auto created = add_rules_options(create);
  run_as(create, stage, [given, created](const Client& client) -> Result<Output> {
    management::DatabaseRules rules;
    rules.set_name(given->database);
    apply(default_rules(), rules);
    apply(*created, rules);
    MAGNETITE_RETURN_IF_ERROR(create_database(client, rules));
    return ok();
  });

  CLI::App& update = add_command(group, "update", "Changes rules of a database; what is not given stays as it is",
                                 {"magnetite database update home --persist-row-threshold 500000"});
  add_database(update, given);
  const auto changed = add_rules_options(update);
  run_as(update, stage, [given, changed](const Client& client) -> Result<Output> {
    MAGNETITE_TRY(management::DatabaseRules rules, get_database(client, given->database));
    apply(*changed, rules);
    MAGNETITE_RETURN_IF_ERROR(update_database(client, rules));
    return ok();
  });

  CLI::App& get = add_command(group, "get", "Shows a database's rules", {"magnetite database get home"});
  add_database(get, given);
  run_as(get, stage, [given](const Client& client) -> Result<Output> {
    MAGNETITE_TRY(const management::DatabaseRules rules, get_database(client, given->database));
    return json_output(rules_json(rules));
  });
}

void add_life_commands(CLI::App& group, const Stage& stage, const Shared& given) {
  CLI::App& list = add_command(group, "list", "Lists the databases",
                               {"magnetite database list", "magnetite database list --deleted --format json"});
  list.add_flag("--deleted", given->deleted, "Those that were deleted and can be restored");
  run_as(list, stage, [given](const Client& client) -> Result<Output> {
    if (given->deleted) {
      MAGNETITE_TRY(const auto deleted, list_deleted_databases(client));
      return Output{.text = deleted_text(deleted), .json = deleted_json(deleted)};
    }
    MAGNETITE_TRY(const std::vector<std::string> names, list_databases(client));
    return Output{.text = lines_of(names), .json = names_json(names)};
  });

  CLI::App& remove =
      add_command(group, "delete", "Deletes a database; it can be restored for a while",
                  {"magnetite database delete office --yes", "magnetite database delete attic --keep-for 72h --yes"});
  add_database(remove, given);
  const std::map<std::string, uint64_t> units = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  remove
      .add_option("--keep-for", given->keep_for_seconds,
                  "How long it can be restored, such as 30m, 72h, 7d; 0: not at all. Default: as the server is set")
      ->transform(CLI::AsNumberWithUnit(units));
  const auto yes = add_yes(remove);
  run_as(remove, stage, [given, yes](const Client& client) -> Result<Output> {
    MAGNETITE_RETURN_IF_ERROR(confirm(*yes, fmt::format("Delete database {}?", given->database)));
    MAGNETITE_TRY(const auto answer, delete_database(client, given->database, given->keep_for_seconds));
    return Output{.text = delete_answer_text(given->database, answer), .json = delete_answer_json(answer)};
  });

  CLI::App& restore = add_command(group, "restore", "Brings a deleted database back, with everything in it",
                                  {"magnetite database restore office"});
  add_database(restore, given);
  restore.add_option("--uuid", given->uuid, "Which of those with this name, as `database list --deleted` shows it")
      ->check(
          [](const std::string& text) { return uuid_bytes(text).empty() ? text + " is not a UUID" : std::string(); });
  run_as(restore, stage, [given](const Client& client) -> Result<Output> {
    MAGNETITE_TRY(const std::string uuid, restore_database(client, given->database, uuid_bytes(given->uuid)));
    return Output{.text = "Ok", .json = names_json({uuid_text(uuid)})};
  });
}

Result<> print_query(const Globals& globals, const Arguments& given) {
  MAGNETITE_TRY(const result_format::Format format, result_format::parse_format(globals.format));
  MAGNETITE_TRY(const std::unique_ptr<Client> client, Client::make(globals.endpoint));
  MAGNETITE_TRY(const std::unique_ptr<QueryStream> rows, QueryStream::start(*client, given.database, given.sql));
  MAGNETITE_RETURN_IF_ERROR(print_result(*rows, format, stdout));
  return {};
}

}  // namespace

void add_database_commands(CLI::App& database, const Stage& stage) {
  const auto given = std::make_shared<Arguments>();
  add_rules_commands(database, stage, given);
  add_life_commands(database, stage, given);

  CLI::App& write =
      add_command(database, "write", "Writes files of line protocol, piece by piece",
                  {"magnetite database write home rooms.lp", "cat rooms.lp | magnetite database write home -"});
  add_database(write, given);
  write.add_option("files", given->files, "Files of line protocol with nanosecond times; - is the standard input")
      ->required();
  run_as(write, stage, [given, globals = stage.globals](const Client& client) -> Result<Output> {
    MAGNETITE_TRY(const uint64_t lines,
                  write_files(client, given->database, given->files, globals->progress_elsewhere()));
    return Output{.text = fmt::format("{} Lines OK", lines), .json = written_json(lines)};
  });

  CLI::App& query = add_command(database, "query", "Runs a SQL statement",
                                {"magnetite database query home \"SELECT * FROM room ORDER BY time\"",
                                 "magnetite database query home \"SELECT count(*) AS rows FROM room\" --format csv"});
  add_database(query, given);
  query.add_option("sql", given->sql, "The statement")->required();
  run_printing(query, stage, [given, globals = stage.globals] { return print_query(*globals, *given); });
}

}  // namespace magnetite::cli
