// Tokens as they are kept. A text is 48 random bytes, so its plain SHA-256 cannot be turned back: no slow hash is
// needed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/grant.h"
#include "base/clock.h"

namespace magnetite::access {

inline constexpr std::string_view kTokenPrefix = "apiv3_";
inline constexpr std::string_view kFirstAdminName = "_admin";  // the one that is made without a token

using TokenHash = std::array<std::byte, 32>;

struct Token {
  uint64_t id = 0;   // from 1, never given again
  std::string name;  // of one token only
  TokenHash hash{};
  Caller grant;
  WallTime created;
  std::optional<WallTime> expiry;  // from then on it is none
};

TokenHash hash_of(std::string_view text);
// In a time that does not depend on where they differ.
bool same(const TokenHash& a, const TokenHash& b);
std::string hex(const TokenHash& hash);

// kTokenPrefix and 64 characters of base64url. kUnavailable: the system has no randomness to give.
Result<std::string> make_token_text();

}  // namespace magnetite::access
