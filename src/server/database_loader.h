// Brings the databases that a store has for a server into its registry.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/database_rules.h"
#include "model/ids.h"
#include "object_store/object_store.h"
#include "server/database_registry.h"

namespace magnetite::server {

// Where the rules of a database lie; that there are some makes the name known.
object_store::ObjectPath rules_path(model::ServerId id, const std::string& name);

// For one thread at a time; everything outlives it.
class DatabaseLoader {
 public:
  using Open = std::function<Result<std::shared_ptr<database::Database>>(model::ServerId, model::DatabaseRules)>;

  DatabaseLoader(object_store::ObjectStore& store, DatabaseRegistry& databases, Open open)
      : store_(store), databases_(databases), open_(std::move(open)) {}

  // One broken database is never in the way of others: each is loaded, or its error is in the registry. Returns those
  // that are worth another try. An error is that of listing them. `stop` ends it early.
  Result<std::vector<std::string>> load_all(model::ServerId id, const std::atomic<bool>& stop);
  // True: it failed in a way that may pass.
  bool load(model::ServerId id, const std::string& name, const std::atomic<bool>& stop);

 private:
  Result<> try_load(model::ServerId id, const std::string& name, const std::atomic<bool>& stop);

  object_store::ObjectStore& store_;
  DatabaseRegistry& databases_;
  const Open open_;
};

}  // namespace magnetite::server
