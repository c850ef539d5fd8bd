// What HELP says.
#pragma once

#include <string_view>

namespace magnetite::cli::shell {

inline constexpr std::string_view kHelpText = R"(# Basic SQL Primer

Statements end with a semicolon and may have several lines.

SHOW DATABASES: List databases available on the server
USE DATABASE name: Set the current database to name (DATABASE may be left out)
SHOW TABLES: List tables of the current database
DESCRIBE name: List columns of a table
SELECT * FROM name LIMIT 10: Show rows of a table
SELECT * FROM system.chunks: Show what the database is made of; see also system.columns, system.operations
OBSERVER: Look at chunks, chunk_columns, columns and operations of all databases; they begin with database_name
SET FORMAT pretty | csv | json | jsonl: Print results so
SET TIMING on | off: Say after each statement how many rows there were, and how long it took
EXIT, QUIT: Leave

\l, \c NAME, \d, \d TABLE: Short for SHOW DATABASES, USE, SHOW TABLES, DESCRIBE
\r: Ask the server anew which tables and columns there are to complete
TAB completes names and keywords. Ctrl-C ends the statement that runs, or clears the line that is typed. Ctrl-D forgets a
statement that is half typed, and leaves when there is none.)";

}  // namespace magnetite::cli::shell
