// Files of line protocol to the server, in pieces of bounded size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/progress.h"

namespace magnetite::cli {

class Client;

// Answers with the number of lines. A file that is refused ends it: the error names file and line, and how many lines
// are written. "-" is the standard input.
Result<uint64_t> write_files(const Client& client, const std::string& database, const std::vector<std::string>& files,
                             ProgressBar::Elsewhere elsewhere);

}  // namespace magnetite::cli
