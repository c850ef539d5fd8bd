#include "line_protocol/utf8.h"

#include <cstdint>
#include <cstring>

namespace magnetite::line_protocol {

size_t find_invalid_utf8(std::string_view text) {
  size_t i = 0;
  const auto byte = [&](size_t at) { return at < text.size() ? static_cast<uint8_t>(text[at]) : uint8_t{0}; };
  const auto continues = [&](size_t at) { return (byte(at) & 0xC0) == 0x80; };
  while (i < text.size()) {
    if (i + sizeof(uint64_t) <= text.size()) {
      uint64_t eight;
      std::memcpy(&eight, text.data() + i, sizeof(eight));
      if ((eight & 0x8080808080808080) == 0) {
        i += sizeof(eight);
        continue;
      }
    }
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

std::string printable(std::string_view text, size_t bytes_max) {
  constexpr size_t kSequenceBytesMax = 4;
  text = text.substr(0, bytes_max + kSequenceBytesMax);  // so that no character is cut that is shown
  std::string out;
  while (!text.empty() && out.size() < bytes_max) {
    std::string_view valid = text.substr(0, find_invalid_utf8(text));
    const bool broken = valid.size() < text.size();
    text.remove_prefix(valid.size() + (broken ? 1 : 0));
    size_t room = bytes_max - out.size();
    if (valid.size() <= room) {
      out += valid;
      if (broken && valid.size() < room) out += '?';
    } else {
      while (room > 0 && (static_cast<uint8_t>(valid[room]) & 0xC0) == 0x80) --room;
      return out.append(valid.substr(0, room));
    }
  }
  return out;
}

}  // namespace magnetite::line_protocol
