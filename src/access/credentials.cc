#include "access/credentials.h"

#include <openssl/evp.h>

#include <optional>
#include <vector>

namespace magnetite::access {
namespace {

std::unexpected<Error> malformed(std::string_view why) {
  return fail(ErrorCode::kInvalidInput, "the authorization is malformed: " + std::string(why));
}

// nullopt: it is none, or is longer than any that is sent in earnest.
std::optional<std::string> from_base64(std::string_view text) {
  constexpr size_t kBytesMax = 16 * 1024;
  if (text.empty() || text.size() % 4 != 0 || text.size() > kBytesMax) return std::nullopt;
  std::vector<unsigned char> bytes(text.size() / 4 * 3);
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  const int size = EVP_DecodeBlock(bytes.data(), from, static_cast<int>(text.size()));
  if (size != static_cast<int>(bytes.size())) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  return std::string(bytes.begin(), bytes.end() - static_cast<std::ptrdiff_t>(padding));
}

}  // namespace

Result<std::string> token_of(const Credentials& sent) {
  if (sent.authorization.empty()) return std::string(sent.password);
  const size_t space = sent.authorization.find(' ');
  const std::string_view scheme = sent.authorization.substr(0, space);
  if (scheme != "Bearer" && scheme != "Token" && scheme != "Basic")
    return malformed("it begins with none of Bearer, Token, Basic");
  const std::string_view value = space == std::string_view::npos ? "" : sent.authorization.substr(space + 1);
  if (value.empty() || value.contains(' ')) return malformed("one word follows the scheme");
  if (scheme != "Basic") return std::string(value);
  const auto decoded = from_base64(value);
  if (!decoded) return malformed("Basic is followed by base64");
  const size_t colon = decoded->find(':');
  if (colon == std::string::npos || decoded->find(':', colon + 1) != std::string::npos)
    return malformed("Basic holds a user and a token with one ':' between them");
  if (colon + 1 == decoded->size()) return malformed("Basic holds no token");
  return decoded->substr(colon + 1);
}

}  // namespace magnetite::access
