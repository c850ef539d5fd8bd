#include "cli/shell/session.h"

#include <fmt/format.h>
#include <influxdata/iox/management/v1/service.pb.h>

#include <algorithm>
#include <chrono>

#include "cli/client.h"
#include "cli/database_calls.h"
#include "cli/result_printer.h"
#include "cli/server_calls.h"
#include "cli/shell/gather.h"
#include "cli/shell/help_text.h"
#include "cli/shell/observed.h"
#include "cli/shell/statements.h"

namespace magnetite::cli::shell {
namespace {

constexpr size_t kNamesMax = 50'000;  // columns that completion knows

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

std::string_view word_of(result_format::Format format) {
  switch (format) {
    case result_format::Format::kJson:
      return "json";
    case result_format::Format::kJsonLines:
      return "jsonl";
    case result_format::Format::kCsv:
      return "csv";
    case result_format::Format::kPretty:
      return "pretty";
    case result_format::Format::kParquet:
      return "parquet";
  }
  return "";
}

std::string rows_text(uint64_t rows) {
  if (rows == 0) return "no rows";
  return rows == 1 ? "1 row" : fmt::format("{} rows", rows);
}

}  // namespace

Session::Session(const Client& client, SessionOptions options, QueryStream::ShouldEnd should_end)
    : client_(client), options_(std::move(options)), should_end_(std::move(should_end)) {}

Result<> Session::open() {
  MAGNETITE_RETURN_IF_ERROR(server_status(client_));
  return options_.database.empty() ? Result<>() : check_database(options_.database);
}

Result<Session::Next> Session::run(const std::string& statement) {
  MAGNETITE_TRY(const Command command, parse_command(statement));
  if (std::holds_alternative<Leave>(command)) return Next::kLeave;
  MAGNETITE_RETURN_IF_ERROR(std::visit(
      Overloaded{[](const Nothing&) -> Result<> { return {}; }, [](const Leave&) -> Result<> { return {}; },
                 [&](const Help&) -> Result<> {
                   fmt::print(options_.results, "{}\n", kHelpText);
                   std::fflush(options_.results);
                   return {};
                 },
                 [&](const ShowDatabases&) { return show_databases(); },
                 [&](const Use& given) { return use(given.database); },
                 [&](const SetFormat& given) -> Result<> {
                   options_.format = given.format;
                   note(fmt::format("Set output format format to {}", word_of(given.format)));
                   return {};
                 },
                 [&](const SetTiming& given) -> Result<> {
                   options_.timing = given.is_on;
                   note(fmt::format("Timing is {}", given.is_on ? "on" : "off"));
                   return {};
                 },
                 [&](const Observe&) -> Result<> {
                   observes_ = true;
                   names_.reset();
                   note("You are now in Observer mode: chunks, chunk_columns, columns and operations of all databases");
                   return {};
                 },
                 [&](const Refresh&) -> Result<> {
                   names_.reset();
                   return {};
                 },
                 [&](const Sql& sql) -> Result<> {
                   if (observes_) return observe(sql.text);
                   if (options_.database.empty())
                     return fail(ErrorCode::kInvalidInput,
                                 "no database is chosen: USE DATABASE name; SHOW DATABASES lists them");
                   return query(options_.database, sql.text);
                 }},
      command));
  return Next::kGoOn;
}

Result<> Session::check_database(const std::string& database) {
  MAGNETITE_TRY(const auto known, list_databases(client_));
  if (std::ranges::contains(known, database)) return {};
  return fail(ErrorCode::kNotFound,
              fmt::format("Database not found: {} (SHOW DATABASES lists those there are)", database));
}

Result<> Session::use(const std::string& database) {
  MAGNETITE_RETURN_IF_ERROR(check_database(database));
  options_.database = database;
  observes_ = false;
  names_.reset();
  note(fmt::format("You are now in remote mode, querying database {}", database));
  return {};
}

Result<> Session::show_databases() {
  MAGNETITE_TRY(const auto names, list_databases(client_));
  MAGNETITE_RETURN_IF_ERROR(print_column("db_name", names, options_.format, options_.results));
  if (options_.timing) note(fmt::format("Returned {}", rows_text(names.size())));
  return {};
}

Result<> Session::query(const std::string& database, const std::string& sql) {
  const auto began = std::chrono::steady_clock::now();
  MAGNETITE_TRY(const auto stream, QueryStream::start(client_, database, sql, should_end_));
  MAGNETITE_TRY(const uint64_t rows, print_result(*stream, options_.format, options_.results));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  if (options_.timing) note(fmt::format("Returned {} in {:.1f} ms", rows_text(rows), took.count()));
  return {};
}

Result<> Session::observe(const std::string& sql) {
  MAGNETITE_TRY(const auto databases, list_databases(client_));
  if (databases.empty()) return fail(ErrorCode::kNotFound, "there is no database to observe");
  std::vector<ObservedTable> tables;
  for (const std::string_view name : observed_tables(sql)) {
    MAGNETITE_TRY(ObservedTable table, gather_system_table(client_, databases, name, should_end_));
    tables.push_back(std::move(table));
  }
  MAGNETITE_TRY(const std::string statement, with_observed(sql, tables));
  return query(databases.front(), statement);
}

const Names& Session::names() {
  if (names_) return *names_;
  Names& names = names_.emplace();
  if (auto databases = list_databases(client_)) names.databases = *std::move(databases);
  const std::string database = observes_ && !names.databases.empty() ? names.databases.front() : options_.database;
  if (database.empty()) return names;
  const std::string columns =
      fmt::format("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = {} LIMIT {}",
                  quoted_text(observes_ ? "system" : database), kNamesMax);
  const auto found = gather(client_, database, columns, kNamesMax, should_end_);
  if (!found) return names;
  for (const auto& row : found->rows) {
    if (observes_ && !std::ranges::contains(kObservedTables, std::string_view(*row[0]))) continue;
    auto& of_table = names.tables[*row[0]];
    if (observes_ && of_table.empty()) of_table.push_back("database_name");
    of_table.push_back(*row[1]);
  }
  return names;
}

void Session::note(const std::string& text) {
  fmt::print(options_.notes, "{}\n", text);
  std::fflush(options_.notes);
}

}  // namespace magnetite::cli::shell
