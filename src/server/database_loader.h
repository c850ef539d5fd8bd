// Brings the databases that a store has for a server into its registry.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/result.h"
#include "model/database_rules.h"
#include "model/ids.h"
#include "object_store/object_store.h"
#include "server/database_registry.h"

namespace magnetite::server {

// Where the rules of a database lie; that there are some makes the name known.
object_store::ObjectPath rules_path(model::ServerId id, const std::string& name);

struct LoaderLimits {
  size_t loads_max = 16;   // databases at a time: they wait for the store and for brokers
  size_t replays_max = 2;  // of them read their logs again: that takes processors and memory
};

// Thread-safe, for different names: whoever loads one once the server is ready holds its claim. Everything outlives it.
class DatabaseLoader {
 public:
  using Open = std::function<Result<std::shared_ptr<database::Database>>(model::ServerId, model::DatabaseRules)>;

  DatabaseLoader(Executor& executor, object_store::ObjectStore& store, DatabaseRegistry& databases, LoaderLimits limits,
                 Open open)
      : executor_(executor),
        store_(store),
        databases_(databases),
        limits_(limits),
        open_(std::move(open)),
        replay_ended_(executor) {}

  // Those that the store has; all are in the registry afterwards. Names that no database can have are logged.
  Result<std::vector<std::string>> find(model::ServerId id);
  // One broken database is never in the way of others: each is loaded, or its error is in the registry. Returns those
  // that are worth another try. `stop` ends it early.
  std::vector<std::string> load(model::ServerId id, const std::vector<std::string>& names,
                                const std::atomic<bool>& stop);
  // The same once the server is ready, for those that still have an error: each under its claim. One that somebody else
  // holds is worth another try, too: that one may not get it loaded.
  std::vector<std::string> load_again(model::ServerId id, const std::vector<std::string>& names,
                                      const std::atomic<bool>& stop);

 private:
  // True: it failed in a way that may pass.
  bool load_one(model::ServerId id, const std::string& name, const std::atomic<bool>& stop);
  Result<> try_load(model::ServerId id, const std::string& name, const std::atomic<bool>& stop);
  Result<> replay(database::Database& database, const std::atomic<bool>& stop, const std::function<void()>& begun)
      EXCLUDES(mutex_);

  Executor& executor_;
  object_store::ObjectStore& store_;
  DatabaseRegistry& databases_;
  const LoaderLimits limits_;
  const Open open_;

  Mutex mutex_;
  Signal replay_ended_;
  size_t replays_ GUARDED_BY(mutex_) = 0;
};

}  // namespace magnetite::server
