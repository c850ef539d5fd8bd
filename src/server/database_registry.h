// The databases of a server by name, and what is known of those that could not be loaded.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "database/database.h"
#include "server/server.h"

namespace magnetite::server {

// Thread-safe.
class DatabaseRegistry {
 public:
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
  bool knows(std::string_view name) const EXCLUDES(mutex_);
  size_t size() const EXCLUDES(mutex_);
  std::map<std::string, Entry, std::less<>> all() const EXCLUDES(mutex_);
  void clear() EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::server
