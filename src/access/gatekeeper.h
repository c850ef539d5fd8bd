// Whose call this is: the one question that every edge asks first.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "access/credentials.h"
#include "access/grant.h"
#include "access/token_store.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace magnetite::access {

// Thread-safe; never blocks. Those who fail are counted, and logged once a second at most.
class Gatekeeper {
 public:
  // Everybody may do everything, whatever they send.
  explicit Gatekeeper(Clock& clock) : clock_(clock) {}
  // Only tokens of `tokens`, which outlives it, and the operator's own, an admin.
  Gatekeeper(Clock& clock, TokenStore& tokens, std::optional<TokenHash> operator_token)
      : clock_(clock), tokens_(&tokens), operator_token_(operator_token) {}

  bool asks_for_tokens() const { return tokens_ != nullptr; }
  // kInvalidInput: malformed; kUnauthenticated: no token, or none that is known.
  Result<Caller> identify(const Credentials& sent);

  // Only of one that asks for tokens.
  TokenStore& tokens() const;
  bool has_admin() const { return operator_token_.has_value() || tokens().has_admin(); }

  uint64_t failures() const { return failures_; }  // so far

 private:
  void count_failure() EXCLUDES(mutex_);

  Clock& clock_;
  TokenStore* const tokens_ = nullptr;
  const std::optional<TokenHash> operator_token_;
  std::atomic<uint64_t> failures_ = 0;
  Mutex mutex_;
  std::optional<MonoTime> logged_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::access
