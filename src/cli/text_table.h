// A table for people out of texts, as queries print theirs. Pure.
#pragma once

#include <string>
#include <vector>

namespace magnetite::cli {

// `rows` begin with the header; all have as many cells. No line end behind the last line.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace magnetite::cli
