#include "access/token_file.h"

#include <fmt/format.h>
#include <magnetite/tokens.pb.h>

#include <algorithm>
#include <set>

#include "line_protocol/utf8.h"
#include "model/ids.h"

namespace magnetite::access {
namespace {

constexpr uint32_t kVersion = 1;

std::unexpected<Error> invalid(std::string what) { return fail(ErrorCode::kInvalidInput, std::move(what)); }
std::unexpected<Error> corrupt(std::string what) { return fail(ErrorCode::kCorruption, std::move(what)); }

std::string digest_of(std::string_view content) {
  const TokenHash hash = hash_of(content);
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

void to_proto(const Token& token, TokenList::Token& out) {
  out.set_id(token.id);
  out.set_name(token.name);
  out.set_hash(reinterpret_cast<const char*>(token.hash.data()), token.hash.size());
  out.set_admin(token.grant->admin);
  for (const Permission& each : token.grant->permissions) {
    TokenList::Permission& permission = *out.add_permissions();
    permission.set_database(each.database);
    permission.set_read(each.read);
    permission.set_write(each.write);
  }
  out.set_created_nanos(token.created.nanos);
  if (token.expiry) out.set_expiry_nanos(token.expiry->nanos);
}

Result<Token> from_proto(const TokenList::Token& from) {
  Token token;
  token.id = from.id();
  token.name = from.name();
  MAGNETITE_RETURN_IF_ERROR(check_token_name(token.name));
  if (from.hash().size() != token.hash.size()) return invalid("a hash has 32 bytes");
  std::ranges::copy(std::as_bytes(std::span(from.hash())), token.hash.begin());
  Grant grant;
  grant.admin = from.admin();
  for (const TokenList::Permission& each : from.permissions())
    grant.permissions.push_back({each.database(), each.read(), each.write()});
  MAGNETITE_RETURN_IF_ERROR(check_grant(grant));
  token.grant = std::make_shared<const Grant>(std::move(grant));
  token.created = {from.created_nanos()};
  if (from.has_expiry_nanos()) token.expiry = WallTime{from.expiry_nanos()};
  return token;
}

Result<TokenFile> from_proto(const TokenList& list) {
  if (list.tokens_size() > static_cast<int>(kTokensMax)) return corrupt("too many tokens");
  TokenFile file;
  file.next_id = list.next_id();
  std::set<std::string_view> names;
  std::set<TokenHash> hashes;
  uint64_t last_id = 0;
  for (const TokenList::Token& from : list.tokens()) {
    auto token = from_proto(from);
    if (!token) return corrupt(fmt::format("token {}: {}", from.id(), token.error().message()));
    if (token->id <= last_id || token->id >= file.next_id) return corrupt("ids are not in order");
    if (!names.insert(from.name()).second || !hashes.insert(token->hash).second) return corrupt("a token stands twice");
    last_id = token->id;
    file.tokens.push_back(*std::move(token));
  }
  return file;
}

}  // namespace

Result<> check_token_name(std::string_view name) {
  if (name.empty() || name.size() > kTokenNameBytesMax)
    return invalid(fmt::format("the name of a token has 1 to {} bytes", kTokenNameBytesMax));
  if (line_protocol::find_invalid_utf8(name) != std::string_view::npos)
    return invalid("the name of a token must be UTF-8");
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return invalid("the name of a token has no control characters");
  return {};
}

Result<> check_grant(const Grant& grant) {
  if (grant.admin) {
    if (grant.permissions.empty()) return {};
    return invalid("an admin token may do everything: it takes no permissions");
  }
  if (grant.permissions.empty() || grant.permissions.size() > kPermissionsMax)
    return invalid(fmt::format("a token has 1 to {} permissions", kPermissionsMax));
  std::set<std::string_view> databases;
  for (const Permission& each : grant.permissions) {
    MAGNETITE_RETURN_IF_ERROR(model::check_database_name(each.database));
    if (line_protocol::find_invalid_utf8(each.database) != std::string_view::npos)
      return invalid("the database of a permission must be UTF-8");
    if (!each.read && !each.write)
      return invalid(fmt::format("the permission for '{}' allows neither to read nor to write", each.database));
    if (!databases.insert(each.database).second)
      return invalid(fmt::format("there are two permissions for '{}'", each.database));
  }
  return {};
}

std::vector<std::byte> encode_token_file(const TokenFile& file) {
  TokenList list;
  list.set_next_id(file.next_id);
  for (const Token& token : file.tokens) to_proto(token, *list.add_tokens());
  TokensFile out;
  out.set_version(kVersion);
  out.set_content(list.SerializeAsString());
  out.set_digest(digest_of(out.content()));
  std::vector<std::byte> bytes(out.ByteSizeLong());
  out.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

Result<TokenFile> decode_token_file(std::span<const std::byte> bytes) {
  TokensFile in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return corrupt("the bytes are no message");
  if (in.version() != kVersion) return corrupt(fmt::format("version {}, known is {}", in.version(), kVersion));
  if (in.digest() != digest_of(in.content())) return corrupt("its digest does not fit");
  TokenList list;
  if (!list.ParseFromString(in.content())) return corrupt("the content is no message");
  return from_proto(list);
}

}  // namespace magnetite::access
