// System tables of all databases in one statement: the shell gathers their rows and hands them to a server as common
// table expressions, so that any SQL may be asked of them. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace magnetite::cli::shell {

inline constexpr std::array<std::string_view, 4> kObservedTables = {"chunks", "chunk_columns", "columns", "operations"};

struct ObservedColumn {
  std::string name = {};
  std::string type;  // of SQL
};

struct ObservedTable {
  std::string name = {};
  std::vector<ObservedColumn> columns = {};
  std::vector<std::vector<std::optional<std::string>>> rows = {};  // as many values as columns
};

// Which of them `statement` names.
std::vector<std::string_view> observed_tables(std::string_view statement);

// `statement`, a SELECT or WITH, with the tables before it.
Result<std::string> with_observed(std::string_view statement, const std::vector<ObservedTable>& tables);

}  // namespace magnetite::cli::shell
