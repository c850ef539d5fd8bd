#include "access/token_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "access/token_file.h"

namespace magnetite::access {
namespace {

// A file that is replaced as a whole, or not at all.
Result<> replace_file(Disk& disk, const std::string& folder, const std::string& path,
                      std::span<const std::byte> bytes) {
  const std::string fresh = path + ".new";
  if (auto removed = disk.remove(fresh); !removed && removed.error().code() != ErrorCode::kNotFound) return removed;
  {
    MAGNETITE_TRY(const std::unique_ptr<File> file, disk.open(fresh, OpenMode::kCreate));
    MAGNETITE_RETURN_IF_ERROR(file->write_at(0, bytes));
    MAGNETITE_RETURN_IF_ERROR(file->sync_data());
  }
  MAGNETITE_RETURN_IF_ERROR(disk.rename(fresh, path));
  return disk.sync_directory(folder);
}

Result<std::vector<std::byte>> read_file(Disk& disk, const std::string& path) {
  constexpr uint64_t kBytesMax = 1ull << 30;
  MAGNETITE_TRY(const std::unique_ptr<File> file, disk.open(path, OpenMode::kRead));
  MAGNETITE_TRY(const uint64_t size, file->size());
  if (size > kBytesMax) return fail(ErrorCode::kCorruption, "it is larger than any that is written");
  std::vector<std::byte> bytes(size);
  MAGNETITE_RETURN_IF_ERROR(file->read_at(0, bytes));
  return bytes;
}

uint64_t first_bytes(const TokenHash& hash) {
  uint64_t number = 0;
  std::memcpy(&number, hash.data(), sizeof number);
  return number;
}

}  // namespace

Result<std::unique_ptr<TokenStore>> TokenStore::open(Disk& disk, Clock& clock, const std::string& folder) {
  std::unique_ptr<TokenStore> store(new TokenStore(disk, clock, folder));
  auto bytes = read_file(disk, store->path_);
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) return store;
  auto file = bytes ? decode_token_file(*bytes) : std::unexpected(std::move(bytes).error());
  if (!file)
    return fail(file.error().code(),
                fmt::format("the tokens in {} cannot be read: {}; put the file right or move it away", store->path_,
                            file.error().message()));
  State state{file->next_id, {}};
  for (Token& token : file->tokens) state.tokens.emplace(token.id, std::move(token));
  store->set(std::move(state));
  return store;
}

Caller TokenStore::find(std::string_view text) const {
  const TokenHash hash = hash_of(text);
  const WallTime now = clock_.wall_now();
  const MutexLock lock(mutex_);
  const auto [begin, end] = ids_by_hash_.equal_range(first_bytes(hash));
  for (auto at = begin; at != end; ++at) {
    const Token& token = state_.tokens.at(at->second);
    if (same(token.hash, hash)) return token.expiry && *token.expiry <= now ? nullptr : token.grant;
  }
  return nullptr;
}

std::vector<Token> TokenStore::list() const {
  const MutexLock lock(mutex_);
  std::vector<Token> tokens;
  for (const auto& [id, token] : state_.tokens) tokens.push_back(token);
  return tokens;
}

bool TokenStore::has_admin() const {
  const MutexLock lock(mutex_);
  return std::ranges::any_of(state_.tokens, [](const auto& each) { return each.second.grant->admin; });
}

Result<NewToken> TokenStore::create(TokenWish wish) {
  MAGNETITE_RETURN_IF_ERROR(check_token_name(wish.name));
  MAGNETITE_RETURN_IF_ERROR(check_grant(wish.grant));
  if (wish.name == kFirstAdminName)
    return fail(ErrorCode::kInvalidInput, fmt::format("the name '{}' is kept for the first admin", kFirstAdminName));
  const MutexLock lock(change_mutex_);
  return add(current(), std::move(wish));
}

Result<NewToken> TokenStore::create_first_admin() {
  const MutexLock lock(change_mutex_);
  if (has_admin()) return fail(ErrorCode::kAlreadyExists, "there is an admin token already");
  return add(current(), {std::string(kFirstAdminName), {.admin = true, .permissions = {}}});
}

Result<NewToken> TokenStore::regenerate_first_admin() {
  const MutexLock lock(change_mutex_);
  State state = current();
  if (std::erase_if(state.tokens, [](const auto& each) { return each.second.name == kFirstAdminName; }) == 0)
    return fail(ErrorCode::kNotFound, fmt::format("there is no token '{}'", kFirstAdminName));
  return add(std::move(state), {std::string(kFirstAdminName), {.admin = true, .permissions = {}}});
}

Result<> TokenStore::remove(std::string_view name) {
  if (name == kFirstAdminName)
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the token '{}' cannot be deleted: regenerate it, and the old one is none", name));
  const MutexLock lock(change_mutex_);
  State state = current();
  if (std::erase_if(state.tokens, [&](const auto& each) { return each.second.name == name; }) == 0)
    return fail(ErrorCode::kNotFound, fmt::format("there is no token '{}'", name));
  return store(std::move(state));
}

TokenStore::State TokenStore::current() const {
  const MutexLock lock(mutex_);
  return state_;
}

Result<NewToken> TokenStore::add(State state, TokenWish wish) {
  if (std::ranges::any_of(state.tokens, [&](const auto& each) { return each.second.name == wish.name; }))
    return fail(ErrorCode::kAlreadyExists, fmt::format("there is a token '{}' already", wish.name));
  if (state.tokens.size() >= kTokensMax)
    return fail(ErrorCode::kLimitExceeded, fmt::format("the server has {} tokens, the most allowed", kTokensMax));
  NewToken made;
  MAGNETITE_TRY(made.text, make_token_text());
  made.token.id = state.next_id++;
  made.token.name = std::move(wish.name);
  made.token.hash = hash_of(made.text);
  made.token.grant = std::make_shared<const Grant>(std::move(wish.grant));
  made.token.created = clock_.wall_now();
  if (wish.lifetime) {
    constexpr std::chrono::seconds kLifetimeMax = std::chrono::hours(24 * 365 * 100);
    if (*wish.lifetime <= std::chrono::seconds(0) || *wish.lifetime > kLifetimeMax)
      return fail(ErrorCode::kInvalidInput, "a token may live for 1 second to 100 years");
    made.token.expiry = WallTime{made.token.created.nanos + Duration(*wish.lifetime).count()};
  }
  state.tokens.emplace(made.token.id, made.token);
  MAGNETITE_RETURN_IF_ERROR(store(std::move(state)));
  return made;
}

Result<> TokenStore::store(State state) {
  TokenFile file{state.next_id, {}};
  for (const auto& [id, token] : state.tokens) file.tokens.push_back(token);
  MAGNETITE_RETURN_IF_ERROR(replace_file(disk_, folder_, path_, encode_token_file(file)));
  set(std::move(state));
  return {};
}

void TokenStore::set(State state) {
  const MutexLock lock(mutex_);
  state_ = std::move(state);
  ids_by_hash_.clear();
  for (const auto& [id, token] : state_.tokens) ids_by_hash_.emplace(first_bytes(token.hash), id);
}

}  // namespace magnetite::access
