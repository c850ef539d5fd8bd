// What the word before the cursor may become. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace magnetite::cli::shell {

// What there is to name.
struct Names {
  std::vector<std::string> databases = {};
  std::map<std::string, std::vector<std::string>> tables = {};  // with their columns
};

struct Candidates {
  size_t word_bytes = 0;                // of the text before the cursor: they are replaced
  std::vector<std::string> words = {};  // sorted, each once
};

// `before` is the statement so far, up to the cursor.
Candidates candidates(std::string_view before, const Names& names);

bool is_keyword(std::string_view word);

}  // namespace magnetite::cli::shell
