#include "access/gatekeeper.h"

#include <chrono>
#include <string>

#include "base/check.h"
#include "base/logging.h"

namespace magnetite::access {

Result<Caller> Gatekeeper::identify(const Credentials& sent) {
  static const Caller everything = std::make_shared<const Grant>(Grant{.admin = true, .permissions = {}});
  if (tokens_ == nullptr) return everything;
  const Result<std::string> token = token_of(sent);
  if (token && !token->empty()) {
    if (operator_token_ && same(*operator_token_, hash_of(*token))) return everything;
    if (Caller known = tokens_->find(*token)) return known;
  }
  count_failure();
  if (!token) return std::unexpected(token.error());
  return fail(ErrorCode::kUnauthenticated, "the request was not authenticated");
}

TokenStore& Gatekeeper::tokens() const {
  MAGNETITE_CHECK(tokens_ != nullptr);
  return *tokens_;
}

void Gatekeeper::count_failure() {
  const uint64_t failures = ++failures_;
  constexpr Duration kQuiet = std::chrono::seconds(1);  // whoever guesses tokens must not fill the disk with it
  const MonoTime now = clock_.mono_now();
  {
    const MutexLock lock(mutex_);
    if (logged_ && now - *logged_ < kQuiet) return;
    logged_ = now;
  }
  log::warn("a request was not authenticated", {{"so_far", std::to_string(failures)}});
}

}  // namespace magnetite::access
