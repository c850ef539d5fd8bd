// The rows of a query, printed as they come.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/result.h"
#include "result_format/result_format.h"

namespace magnetite::cli {

class QueryStream;

// Answers with how many rows there were. Holds little: a pretty result of many rows is several tables, each with the
// header.
Result<uint64_t> print_result(QueryStream& rows, result_format::Format format, std::FILE* to);

// Texts that are no result, as one with the column `name` would be printed.
Result<> print_column(const std::string& name, const std::vector<std::string>& values, result_format::Format format,
                      std::FILE* to);

}  // namespace magnetite::cli
