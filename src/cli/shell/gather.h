// Small results, whole.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/query_stream.h"
#include "cli/shell/observed.h"

namespace magnetite::cli {
class Client;
}

namespace magnetite::cli::shell {

// The rows of a result as texts, with the SQL types of its columns; more than `rows_max` are kTooLarge.
Result<ObservedTable> gather(const Client& client, const std::string& database, const std::string& sql, size_t rows_max,
                             const QueryStream::ShouldEnd& should_end);

// System table `table` of all `databases`, with database_name as its first column. One that goes away meanwhile is left
// out.
Result<ObservedTable> gather_system_table(const Client& client, const std::vector<std::string>& databases,
                                          std::string_view table, const QueryStream::ShouldEnd& should_end);

}  // namespace magnetite::cli::shell
