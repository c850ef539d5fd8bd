// A file of line protocol in pieces of whole lines, for writing large files with progress. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace magnetite::cli {

// How much of `text` makes the next piece: whole lines, at most `bytes_max` unless one line is longer. A newline inside
// a quoted string ends no line.
size_t next_piece_bytes(std::string_view text, size_t bytes_max);

}  // namespace magnetite::cli
