// The databases of a server by name, and what is known of those that could not be loaded.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/result.h"
#include "database/database.h"
#include "server/server.h"

namespace magnetite::server {

// Thread-safe. `executor` outlives it, as it does its claims.
class DatabaseRegistry {
 public:
  explicit DatabaseRegistry(Executor& executor) : executor_(executor), released_(executor) {}

  // One operation at a time changes what a name stands for: whoever holds its claim.
  class Claim {
   public:
    Claim(Claim&& other) noexcept : registry_(std::exchange(other.registry_, nullptr)), name_(std::move(other.name_)) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim();

   private:
    friend class DatabaseRegistry;
    Claim(DatabaseRegistry* registry, std::string name) : registry_(registry), name_(std::move(name)) {}
    DatabaseRegistry* registry_;
    std::string name_;
  };
  // Waits for another's until `patience` ends, then kUnavailable, which says what that one does. `what` is such a word:
  // "being deleted".
  Result<Claim> claim(std::string_view name, std::string what, Duration patience = kClaimPatience) EXCLUDES(mutex_);
  static constexpr Duration kClaimPatience = std::chrono::seconds(10);

  struct Entry {
    DatabaseState state = DatabaseState::kKnown;
    std::string error;
    std::shared_ptr<database::Database> database;  // from kCatalogLoaded on, unless there is an error
  };

  // False if the name is taken, by whatever.
  bool reserve(const std::string& name) EXCLUDES(mutex_);
  void forget(const std::string& name) EXCLUDES(mutex_);
  void set(const std::string& name, Entry entry) EXCLUDES(mutex_);
  // It stays in the state it had reached, for people; what there was of it is let go.
  void fail(const std::string& name, std::string error) EXCLUDES(mutex_);

  // kNotFound; kUnavailable while it loads; kFailedPrecondition when it is broken, with the reason.
  Result<std::shared_ptr<database::Database>> find(std::string_view name) const EXCLUDES(mutex_);
  std::optional<Entry> entry(std::string_view name) const EXCLUDES(mutex_);
  size_t size() const EXCLUDES(mutex_);
  std::map<std::string, Entry, std::less<>> all() const EXCLUDES(mutex_);
  void clear() EXCLUDES(mutex_);

 private:
  Executor& executor_;
  mutable Mutex mutex_;
  Signal released_;
  std::map<std::string, std::string, std::less<>> claims_ GUARDED_BY(mutex_);  // and what is done
  std::map<std::string, Entry, std::less<>> entries_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::server
