// Files of tokens with any content: decoding fails, or what it gives is written and read again as the same. The digest
// is made right first, else nothing would get past it.
#include <magnetite/tokens.pb.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "access/token_file.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace magnetite;
  TokensFile file;
  file.set_version(1);
  file.set_content(data, size);
  const access::TokenHash digest = access::hash_of(file.content());
  file.set_digest(digest.data(), digest.size());
  const std::string bytes = file.SerializeAsString();

  const auto decoded = access::decode_token_file(std::as_bytes(std::span(bytes)));
  if (!decoded) {
    MAGNETITE_CHECK(decoded.error().code() == ErrorCode::kCorruption);
    return 0;
  }
  const auto encoded = access::encode_token_file(*decoded);
  const auto again = access::decode_token_file(encoded);
  MAGNETITE_CHECK(again.has_value());
  MAGNETITE_CHECK(access::encode_token_file(*again) == encoded);
  return 0;
}
