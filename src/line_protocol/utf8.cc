#include "line_protocol/utf8.h"

#include <cstdint>

namespace magnetite::line_protocol {

size_t find_invalid_utf8(std::string_view text) {
  size_t i = 0;
  const auto byte = [&](size_t at) { return at < text.size() ? static_cast<uint8_t>(text[at]) : uint8_t{0}; };
  const auto continues = [&](size_t at) { return (byte(at) & 0xC0) == 0x80; };
  while (i < text.size()) {
    const uint8_t first = byte(i);
    const uint8_t second = byte(i + 1);
    if (first < 0x80) {
      i += 1;
    } else if (first >= 0xC2 && first <= 0xDF && continues(i + 1)) {
      i += 2;
    } else if (first >= 0xE0 && first <= 0xEF && continues(i + 1) && continues(i + 2) &&
               (first != 0xE0 || second >= 0xA0) && (first != 0xED || second < 0xA0)) {
      i += 3;
    } else if (first >= 0xF0 && first <= 0xF4 && continues(i + 1) && continues(i + 2) && continues(i + 3) &&
               (first != 0xF0 || second >= 0x90) && (first != 0xF4 || second < 0x90)) {
      i += 4;
    } else {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace magnetite::line_protocol
