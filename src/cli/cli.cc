#include "cli/cli.h"

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <influxdata/iox/management/v1/database_rules.pb.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "cli/admin_commands.h"
#include "cli/client.h"
#include "cli/line_batches.h"
#include "cli/rules_json.h"
#include "result_format/result_format.h"

namespace magnetite::cli {
namespace {

// Values of all commands; they live as long as the process.
struct Arguments {
  std::shared_ptr<Endpoint> endpoint = std::make_shared<Endpoint>();
  std::string database;
  std::string file;
  std::string sql;
  std::string format = "pretty";
  uint64_t buffer_size_soft = 0;
  uint64_t buffer_size_hard = 0;
  bool drop_non_persisted = false;
  bool drop_persisted_only = false;
  bool skip_persist = false;
  bool immutable = false;
  std::string write_buffer_writing;
  std::string write_buffer_reading;
  uint64_t catalog_transactions_until_checkpoint = 100;
  uint32_t late_arrive_window_seconds = 300;
  uint64_t persist_row_threshold = 1'000'000;
  uint32_t persist_age_threshold_seconds = 1800;
  std::string partition_template = "%Y-%m-%d %H:00:00";
};

int report(const Result<>& outcome) {
  if (outcome) return 0;
  fmt::print(stderr, "{}\n", outcome.error().message());
  return 1;
}

Result<> create(const Arguments& arguments) {
  management::DatabaseRules rules;
  rules.set_name(arguments.database);
  rules.mutable_partition_template()->add_parts()->set_time(arguments.partition_template);
  management::LifecycleRules& lifecycle = *rules.mutable_lifecycle_rules();
  lifecycle.set_buffer_size_soft(arguments.buffer_size_soft);
  lifecycle.set_buffer_size_hard(arguments.buffer_size_hard);
  lifecycle.set_drop_non_persisted(arguments.drop_non_persisted && !arguments.drop_persisted_only);
  lifecycle.set_immutable(arguments.immutable);
  if (!arguments.write_buffer_writing.empty()) rules.set_writing(arguments.write_buffer_writing);
  if (!arguments.write_buffer_reading.empty()) rules.set_reading(arguments.write_buffer_reading);
  lifecycle.set_persist(!arguments.skip_persist);
  lifecycle.set_catalog_transactions_until_checkpoint(arguments.catalog_transactions_until_checkpoint);
  lifecycle.set_late_arrive_window_seconds(arguments.late_arrive_window_seconds);
  lifecycle.set_persist_row_threshold(arguments.persist_row_threshold);
  lifecycle.set_persist_age_threshold_seconds(arguments.persist_age_threshold_seconds);
  MAGNETITE_TRY(const std::unique_ptr<Client> client, Client::make(*arguments.endpoint));
  MAGNETITE_RETURN_IF_ERROR(client->create_database(rules));
  fmt::print("Ok\n");
  return {};
}

Result<> list(const Arguments& arguments) {
  MAGNETITE_TRY(const std::unique_ptr<Client> client, Client::make(*arguments.endpoint));
  MAGNETITE_TRY(const std::vector<std::string> names, client->list_databases());
  for (const std::string& name : names) fmt::print("{}\n", name);
  return {};
}

Result<> get(const Arguments& arguments) {
  MAGNETITE_TRY(const std::unique_ptr<Client> client, Client::make(*arguments.endpoint));
  MAGNETITE_TRY(const management::DatabaseRules rules, client->get_database(arguments.database));
  fmt::print("{}\n", rules_json(rules));
  return {};
}

Result<std::string> read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kNotFound, fmt::format("Error reading file '{}': it cannot be opened", path));
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

Result<> write(const Arguments& arguments) {
  MAGNETITE_TRY(const std::string text, read_all(arguments.file));
  MAGNETITE_TRY(const std::unique_ptr<Client> client, Client::make(*arguments.endpoint));
  constexpr size_t kPieceBytes = 4 << 20;
  const bool show_progress = ::isatty(STDERR_FILENO) != 0 && text.size() > kPieceBytes;
  std::string_view rest = text;
  uint64_t lines = 0;
  do {
    const size_t bytes = next_piece_bytes(rest, kPieceBytes);
    auto written = client->write(arguments.database, std::string(rest.substr(0, bytes)));
    if (show_progress)
      fmt::print(stderr, "\r{:3} %  {} lines ", 100 * (text.size() - rest.size() + bytes) / text.size(), lines);
    if (!written) {
      if (lines == 0) return std::unexpected(std::move(written).error());
      return std::unexpected(std::move(written).error().with_context(
          fmt::format("the first {} bytes ({} lines) are written, then", text.size() - rest.size(), lines)));
    }
    lines += *written;
    rest.remove_prefix(bytes);
  } while (!rest.empty());
  if (show_progress) fmt::print(stderr, "\r");
  fmt::print("{} Lines OK\n", lines);
  return {};
}

Result<> query(const Arguments& arguments) {
  MAGNETITE_TRY(const result_format::Format format, result_format::parse_format(arguments.format));
  MAGNETITE_TRY(const std::unique_ptr<Client> client, Client::make(*arguments.endpoint));
  MAGNETITE_TRY(const std::shared_ptr<arrow::RecordBatchReader> rows, client->query(arguments.database, arguments.sql));
  const auto writer = result_format::Writer::make(format, rows->schema());
  std::string out;
  MAGNETITE_RETURN_IF_ERROR(writer->begin(out));
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (const arrow::Status status = rows->ReadNext(&batch); !status.ok())
      return fail(ErrorCode::kInternal, status.message());
    if (batch == nullptr) break;
    MAGNETITE_RETURN_IF_ERROR(writer->add(*batch, out));
    std::fwrite(out.data(), 1, out.size(), stdout);
    out.clear();
  }
  MAGNETITE_RETURN_IF_ERROR(writer->end(out));
  if (format == result_format::Format::kJson) out += '\n';
  std::fwrite(out.data(), 1, out.size(), stdout);
  return {};
}

void add_create(CLI::App& database, const std::shared_ptr<Arguments>& arguments, int& exit_code) {
  CLI::App& command = *database.add_subcommand("create", "Creates a database");
  command.add_option("name", arguments->database, "Name of the database")->required();
  command.add_option("--buffer-size-soft", arguments->buffer_size_soft,
                     "Bytes in memory from which data is unloaded; 0: by the process");
  command.add_option("--buffer-size-hard", arguments->buffer_size_hard,
                     "Bytes in memory above which writes are refused; 0: by the process");
  command.add_flag("--drop-non-persisted", arguments->drop_non_persisted,
                   "Unpersisted data may be dropped when memory is short (loses data)");
  command.add_flag("--drop-persisted-only", arguments->drop_persisted_only,
                   "Only persisted data leaves memory (the default)");
  command.add_flag("--skip-persist", arguments->skip_persist, "Nothing is persisted");
  command.add_flag("--immutable", arguments->immutable,
                   "Keeps no writes; with --write-buffer-writing: only forwards them");
  CLI::Option* writing = command.add_option("--write-buffer-writing", arguments->write_buffer_writing,
                                            "Writes go to kafka://host:port[/topic], redis://..., file:folder");
  command.add_option("--write-buffer-reading", arguments->write_buffer_reading, "Rows come from kafka://... only")
      ->excludes(writing);
  command.add_option("--catalog-transactions-until-checkpoint", arguments->catalog_transactions_until_checkpoint);
  command.add_option("--late-arrive-window-seconds", arguments->late_arrive_window_seconds)->capture_default_str();
  command.add_option("--persist-row-threshold", arguments->persist_row_threshold)->capture_default_str();
  command.add_option("--persist-age-threshold-seconds", arguments->persist_age_threshold_seconds)
      ->capture_default_str();
  command.add_option("--partition-template", arguments->partition_template, "strftime format of a row's partition")
      ->capture_default_str();
  command.callback([arguments, &exit_code] { exit_code = report(create(*arguments)); });
}

}  // namespace

void add_client_commands(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  // `-h` is the host, as users of the 2021 command line know it; help is --help.
  app.set_help_flag("--help", "Prints this help");
  app.add_option("--host,-h", arguments->endpoint->host, "Address of the server, http:// or https://")
      ->envname("MAGNETITE_ADDR")
      ->capture_default_str();
  app.add_option("--ca-cert", arguments->endpoint->ca_certificates,
                 "File of certificates (PEM) to trust for https:// instead of the system's")
      ->envname("MAGNETITE_CA_CERT");
  app.fallthrough();
  CLI::App& database = *app.add_subcommand("database", "Creates, shows, writes and queries databases");
  database.require_subcommand(1);
  database.fallthrough();
  add_create(database, arguments, exit_code);

  CLI::App& list_command = *database.add_subcommand("list", "Lists the databases");
  list_command.callback([arguments, &exit_code] { exit_code = report(list(*arguments)); });

  CLI::App& get_command = *database.add_subcommand("get", "Shows a database's rules");
  get_command.add_option("name", arguments->database, "Name of the database")->required();
  get_command.callback([arguments, &exit_code] { exit_code = report(get(*arguments)); });

  CLI::App& write_command = *database.add_subcommand("write", "Writes a file of line protocol");
  write_command.add_option("name", arguments->database, "Name of the database")->required();
  write_command.add_option("file", arguments->file, "File of line protocol with nanosecond times")->required();
  write_command.callback([arguments, &exit_code] { exit_code = report(write(*arguments)); });

  CLI::App& query_command = *database.add_subcommand("query", "Runs a SQL statement");
  query_command.add_option("name", arguments->database, "Name of the database")->required();
  query_command.add_option("sql", arguments->sql, "The statement")->required();
  query_command.add_option("--format,-f", arguments->format, "pretty, json, jsonl or csv")->capture_default_str();
  query_command.callback([arguments, &exit_code] { exit_code = report(query(*arguments)); });
  for (CLI::App* command : database.get_subcommands({})) command->fallthrough();
  add_chunk_commands(database, arguments->endpoint, exit_code);
  add_operation_commands(app, arguments->endpoint, exit_code);
  add_server_commands(app, arguments->endpoint, exit_code);
}

}  // namespace magnetite::cli
