#include "cli/line_batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace magnetite::cli {
namespace {

// Where the line that begins at `begin` ends, its newline included; npos: not in `text`.
size_t end_of_line(std::string_view text, size_t begin) {
  // Quotes mean something in fields only: behind the first blank, after an equals sign.
  enum class Part : uint8_t { kSeries, kFields, kString, kComment };
  Part part = Part::kSeries;
  bool is_begun = false;  // something that is no blank stood on the line
  for (size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' && part != Part::kString) return i + 1;
    if (part == Part::kComment) continue;
    if (c == '\\') {
      if (i + 1 < text.size() && (text[i + 1] != '\n' || part == Part::kString)) ++i;
    } else if (part == Part::kString) {
      if (c == '"') part = Part::kFields;
    } else if (c == '"') {
      if (part == Part::kFields && text[i - 1] == '=') part = Part::kString;
    } else if (c == '#' && !is_begun) {
      part = Part::kComment;
    } else if (c == ' ' && is_begun) {
      part = Part::kFields;
    }
    if (c != ' ') is_begun = true;
  }
  return std::string_view::npos;
}

}  // namespace

size_t whole_lines_bytes(std::string_view text, size_t bytes_max) {
  size_t end = 0;  // of the last whole line
  while (end < std::min(text.size(), bytes_max)) {
    const size_t next = end_of_line(text, end);
    if (next == std::string_view::npos || (next > bytes_max && end > 0)) break;
    end = next;
  }
  return end;
}

uint64_t newlines_in(std::string_view text) { return static_cast<uint64_t>(std::ranges::count(text, '\n')); }

std::string with_line_of_file(std::string_view message, uint64_t lines_before) {
  constexpr std::string_view kBefore = "line ";
  const size_t before = message.find(kBefore);
  if (before == std::string_view::npos) return std::string(message);
  const size_t at = before + kBefore.size();
  uint64_t line = 0;
  const char* const begin = message.data() + at;
  const auto [end, error] = std::from_chars(begin, message.data() + message.size(), line);
  if (error != std::errc()) return std::string(message);
  return fmt::format("{}{}{}", message.substr(0, at), line + lines_before,
                     message.substr(at + static_cast<size_t>(end - begin)));
}

}  // namespace magnetite::cli
