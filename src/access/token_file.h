// The bytes of tokens.pb: docs/formats/tokens.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "access/token.h"

namespace magnetite::access {

inline constexpr size_t kTokensMax = 10'000;
inline constexpr size_t kPermissionsMax = 1'000;  // of a token
inline constexpr size_t kTokenNameBytesMax = 256;

struct TokenFile {
  uint64_t next_id = 1;
  std::vector<Token> tokens;  // by id
};

// kInvalidInput: 1 to 256 bytes of UTF-8 without control characters.
Result<> check_token_name(std::string_view name);
// kInvalidInput: an admin needs no permissions; else there is at least one, each names a database once and allows
// something.
Result<> check_grant(const Grant& grant);

std::vector<std::byte> encode_token_file(const TokenFile& file);
Result<TokenFile> decode_token_file(std::span<const std::byte> bytes);  // kCorruption

}  // namespace magnetite::access
