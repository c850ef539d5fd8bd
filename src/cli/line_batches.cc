#include "cli/line_batches.h"

namespace magnetite::cli {

size_t next_piece_bytes(std::string_view text, size_t bytes_max) {
  size_t end = 0;  // of the last whole line
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
      continue;
    }
    if (text[i] == '"') quoted = !quoted;
    if (text[i] != '\n' || quoted) continue;
    if (i + 1 > bytes_max && end > 0) return end;
    end = i + 1;
    if (end >= bytes_max) return end;
  }
  return end > 0 && text.size() > bytes_max ? end : text.size();
}

}  // namespace magnetite::cli
