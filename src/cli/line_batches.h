// Line protocol in pieces of whole lines, for writing large files with progress. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace magnetite::cli {

// How much of `text`, which begins a line, makes the next piece: whole lines, at most `bytes_max` unless the first is
// longer; 0 when no line ends in it. A newline inside a string field ends no line.
size_t whole_lines_bytes(std::string_view text, size_t bytes_max);

uint64_t newlines_in(std::string_view text);

// "line 7, column 2: ..." as a server said it of a piece, with the number the line has in its file; other messages stay
// as they are.
std::string with_line_of_file(std::string_view message, uint64_t lines_before);

}  // namespace magnetite::cli
