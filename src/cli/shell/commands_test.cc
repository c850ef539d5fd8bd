#include "cli/shell/commands.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace magnetite::cli::shell {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

std::string shown(std::string_view statement) {
  const auto command = parse_command(statement);
  if (!command) return "error: " + command.error().message();
  return std::visit(
      Overloaded{
          [](const Help&) -> std::string { return "help"; },
          [](const ShowDatabases&) -> std::string { return "databases"; },
          [](const Use& use) { return "use " + use.database; },
          [](const SetFormat& set) { return fmt::format("format {}", static_cast<int>(set.format)); },
          [](const SetTiming& set) -> std::string { return set.is_on ? "timing on" : "timing off"; },
          [](const Observe&) -> std::string { return "observe"; },
          [](const Refresh&) -> std::string { return "refresh"; }, [](const Leave&) -> std::string { return "leave"; },
          [](const Nothing&) -> std::string { return "nothing"; }, [](const Sql& sql) { return "sql " + sql.text; }},
      *command);
}

TEST(ShellCommands, AreToldFromSql) {
  const std::pair<std::string_view, std::string> cases[] = {
      {"", "nothing"},
      {"-- only a comment", "nothing"},
      {"help", "help"},
      {"HELP", "help"},
      {"help me", "sql help me"},
      {"Exit", "leave"},
      {"quit", "leave"},
      {"show databases", "databases"},
      {"SHOW  /* all */ Databases", "databases"},
      {"show tables", "sql show tables"},
      {"show databases like 'a'", "sql show databases like 'a'"},
      {"use home", "use home"},
      {"USE DATABASE home", "use home"},
      {"use database", "use database"},
      {"use my-db", "use my-db"},
      {"use \"my db\"", "use my db"},
      {"use \"a\"\"b\"", "use a\"b"},
      {"use", "error: USE what? SHOW DATABASES lists them"},
      {"set format csv", "format 2"},
      {"SET FORMAT Json", "format 0"},
      {"set format", "error: unknown format '': Expected one of 'pretty', 'csv' or 'json' (or 'jsonl', 'parquet')"},
      {"set format yaml",
       "error: unknown format 'yaml': Expected one of 'pretty', 'csv' or 'json' (or 'jsonl', 'parquet')"},
      {"set format parquet", "error: parquet is for `magnetite database query`, whose result is one file"},
      {"set timing off", "timing off"},
      {"set timing ON", "timing on"},
      {"set timing maybe", "error: SET TIMING 'maybe': it is on or off"},
      {"set threads = 1", "sql set threads = 1"},
      {"observer", "observe"},
      {"select * from help", "sql select * from help"},
      {"\\q", "leave"},
      {"\\?", "help"},
      {"\\l", "databases"},
      {"\\c my-db", "use my-db"},
      {"\\d", "sql SHOW TABLES"},
      {"\\d room", "sql DESCRIBE room"},
      {"\\d two words;", "sql DESCRIBE \"two words\""},
      {"\\r", "refresh"},
      {"\\c", "error: \\c: not known; there are \\d, \\d TABLE, \\l, \\c DATABASE, \\r, \\? and \\q"},
  };
  for (const auto& [statement, command] : cases) EXPECT_EQ(shown(statement), command) << statement;
}

}  // namespace
}  // namespace magnetite::cli::shell
