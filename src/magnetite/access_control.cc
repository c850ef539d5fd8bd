#include "magnetite/access_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/logging.h"
#include "net/address.h"

namespace magnetite {
namespace {

// Empty: there is none.
Result<std::string> first_address_for_others(const RunOptions& options) {
  for (const std::string& address : {options.api_bind, options.grpc_bind}) {
    MAGNETITE_TRY(const net::HostPort place, net::split_address(address));
    if (!net::is_loopback(place.host)) return address;
  }
  return std::string();
}

std::unexpected<Error> bad_file(const std::string& path, std::string_view why) {
  return fail(ErrorCode::kInvalidInput, fmt::format("--admin-token-file {}: {}", path, why));
}

// Only its hash stays.
Result<access::TokenHash> read_operator_token(const std::string& path) {
  constexpr size_t kBytesMin = 16;  // what is shorter can be guessed
  constexpr size_t kBytesMax = 1024;
  std::ifstream file(path);
  std::string token;
  if (!file || !std::getline(file, token)) return bad_file(path, "no line can be read");
  if (token.ends_with('\r')) token.pop_back();
  const bool is_word = std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
  if (token.size() < kBytesMin || token.size() > kBytesMax || !is_word)
    return bad_file(path, fmt::format("its first line must be one word of {} to {} characters without ':', the token",
                                      kBytesMin, kBytesMax));
  std::error_code failed;
  const auto permissions = std::filesystem::status(path, failed).permissions();
  using std::filesystem::perms;
  if (!failed && (permissions & (perms::group_read | perms::others_read)) != perms::none)
    log::warn("others can read the file of the admin token: chmod 600", {{"file", path}});
  return access::hash_of(token);
}

}  // namespace

Result<std::unique_ptr<AccessControl>> AccessControl::open(const RunOptions& options, Executor& executor, Disk& disk) {
  std::unique_ptr<AccessControl> control(new AccessControl());
  MAGNETITE_TRY(control->open_to_others_, first_address_for_others(options));
  // Whoever gives an admin token wants it to be asked for.
  const bool by_default = !control->open_to_others_.empty() || !options.admin_token_file.empty();
  if (!options.with_auth.value_or(by_default)) {
    control->gatekeeper_ = std::make_unique<access::Gatekeeper>(executor.clock());
    return control;
  }
  std::optional<access::TokenHash> operator_token;
  if (!options.admin_token_file.empty()) {
    MAGNETITE_TRY(operator_token, read_operator_token(options.admin_token_file));
  }
  MAGNETITE_TRY(control->tokens_, access::TokenStore::open(disk, executor.clock(), options.data_dir));
  control->gatekeeper_ = std::make_unique<access::Gatekeeper>(executor.clock(), *control->tokens_, operator_token);
  return control;
}

void AccessControl::announce() const {
  if (tokens_ != nullptr && gatekeeper_->has_admin()) {
    fmt::print("authentication is on\n");
  } else if (tokens_ != nullptr) {
    fmt::print("authentication is on; there is no admin token yet: `magnetite token create --admin` on this machine\n");
  } else if (open_to_others_.empty()) {
    fmt::print("authentication is off: only this machine reaches the server (--with-auth switches it on)\n");
  } else {
    fmt::print("authentication is off\n");
    log::warn("authentication is off and the server listens to others: anybody can read, write and delete",
              {{"address", open_to_others_}});
  }
}

}  // namespace magnetite
