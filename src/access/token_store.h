// The tokens of a server, in <folder>/tokens.pb.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/token.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/mutex.h"
#include "base/result.h"

namespace magnetite::access {

struct TokenWish {
  std::string name;
  Grant grant;
  std::optional<std::chrono::seconds> lifetime = {};  // above zero
};

// The only moment at which the text is known.
struct NewToken {
  Token token;
  std::string text;
};

// Thread-safe. What changes tokens blocks, is on disk before it is true, and is true for every call that begins
// afterwards: kInvalidInput, kAlreadyExists, kNotFound, kLimitExceeded, else as the disk says.
class TokenStore {
 public:
  // `disk` and `clock` outlive it; `folder` exists. kCorruption for a file that cannot be understood, which is left
  // alone.
  static Result<std::unique_ptr<TokenStore>> open(Disk& disk, Clock& clock, const std::string& folder);

  // nullptr: there is no such token, or not any more.
  Caller find(std::string_view text) const EXCLUDES(mutex_);
  std::vector<Token> list() const EXCLUDES(mutex_);  // by id, expired ones too
  bool has_admin() const EXCLUDES(mutex_);           // expired ones count: nobody gets in because one has run out

  Result<NewToken> create(TokenWish wish) EXCLUDES(mutex_, change_mutex_);
  // kFirstAdminName; kAlreadyExists when there is any admin.
  Result<NewToken> create_first_admin() EXCLUDES(mutex_, change_mutex_);
  Result<NewToken> regenerate_first_admin() EXCLUDES(mutex_, change_mutex_);  // with another text; kNotFound
  // kFailedPrecondition for the first admin, which would leave the door open again.
  Result<> remove(std::string_view name) EXCLUDES(mutex_, change_mutex_);

 private:
  using Tokens = std::map<uint64_t, Token>;  // by id
  struct State {
    uint64_t next_id = 1;
    Tokens tokens;
  };

  TokenStore(Disk& disk, Clock& clock, const std::string& folder)
      : disk_(disk), clock_(clock), folder_(folder), path_(folder + "/tokens.pb") {}
  State current() const EXCLUDES(mutex_);
  Result<NewToken> add(State state, TokenWish wish) REQUIRES(change_mutex_) EXCLUDES(mutex_);
  Result<> store(State state) REQUIRES(change_mutex_) EXCLUDES(mutex_);
  void set(State state) EXCLUDES(mutex_);

  Disk& disk_;
  Clock& clock_;
  const std::string folder_;
  const std::string path_;
  Mutex change_mutex_;  // held over I/O: file and memory change in the same order
  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_);
  std::multimap<uint64_t, uint64_t> ids_by_hash_ GUARDED_BY(mutex_);  // by the first bytes of the hash
};

}  // namespace magnetite::access
