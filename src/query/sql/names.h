// Column names as SQL knows them: SQL compares without case, so of names that differ only by case the first keeps its
// name and later ones are called name$2, name$3. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace magnetite::query::sql {

bool equal_without_case(std::string_view a, std::string_view b);  // ASCII, as DuckDB does

// Parallel to `names`, which come in order of creation.
std::vector<std::string> sql_names(const std::vector<std::string>& names);

}  // namespace magnetite::query::sql
