// What a statement asks of the shell itself; everything else is SQL. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "result_format/result_format.h"

namespace magnetite::cli::shell {

struct Help {};
struct ShowDatabases {};
struct Use {
  std::string database;
};
struct SetFormat {
  result_format::Format format;
};
struct SetTiming {
  bool is_on;
};
struct Observe {};  // system tables of all databases
struct Refresh {};  // names for completion are asked for again
struct Leave {};
struct Nothing {};
struct Sql {
  std::string text;
};
using Command = std::variant<Help, ShowDatabases, Use, SetFormat, SetTiming, Observe, Refresh, Leave, Nothing, Sql>;

// Formats that the shell prints: several results make one text, but not one Parquet file.
Result<result_format::Format> parse_text_format(std::string_view word);

// `statement` as first_statement() cuts it. Keywords may be in any case.
Result<Command> parse_command(std::string_view statement);

}  // namespace magnetite::cli::shell
