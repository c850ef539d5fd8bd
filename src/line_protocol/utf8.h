// Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace magnetite::line_protocol {

// Offset of the first byte that does not belong to a well-formed sequence, or npos.
size_t find_invalid_utf8(std::string_view text);

// For messages: at most `bytes_max` bytes, cut between characters, each malformed byte shown as '?'.
std::string printable(std::string_view text, size_t bytes_max);

}  // namespace magnetite::line_protocol
