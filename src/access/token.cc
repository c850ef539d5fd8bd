#include "access/token.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>

namespace magnetite::access {

static_assert(sizeof(TokenHash) == SHA256_DIGEST_LENGTH);

TokenHash hash_of(std::string_view text) {
  TokenHash hash;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

bool same(const TokenHash& a, const TokenHash& b) { return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

std::string hex(const TokenHash& hash) {
  std::string text;
  for (const std::byte byte : hash) fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned>(byte));
  return text;
}

Result<std::string> make_token_text() {
  constexpr size_t kRandomBytes = 48;  // a multiple of three: base64 without padding
  constexpr size_t kTextBytes = kRandomBytes / 3 * 4;
  std::array<unsigned char, kRandomBytes> random;
  if (RAND_bytes(random.data(), kRandomBytes) != 1)
    return fail(ErrorCode::kUnavailable, "the system's source of randomness failed");
  std::array<unsigned char, kTextBytes + 1> text;
  EVP_EncodeBlock(text.data(), random.data(), kRandomBytes);
  std::string token = fmt::format("{}{}", kTokenPrefix, reinterpret_cast<const char*>(text.data()));
  std::ranges::replace(token, '+', '-');
  std::ranges::replace(token, '/', '_');
  return token;
}

}  // namespace magnetite::access
