// What an operator does with the catalog of a database: look and check at any time, make anew while no server has it
// loaded.
#pragma once

#include <functional>
#include <string>

#include "base/disk.h"
#include "base/executor.h"
#include "base/result.h"
#include "catalog/transaction.h"
#include "model/database_rules.h"
#include "model/ids.h"
#include "object_store/object_store.h"

namespace magnetite::server {

// Where a database is. Everything outlives the calls.
struct DatabasePlace {
  Executor& executor;
  Disk& disk;
  object_store::ObjectStore& store;
  model::ServerId server;
  std::string database;
  std::string log_folder;  // of the local logs, as the server has it
};

// Texts for people. Errors: kNotFound when the server has no such database; the store's.
Result<std::string> dump_catalog(const DatabasePlace& place);

struct CatalogCheck {
  std::string text;
  bool is_sound = false;
};
Result<CatalogCheck> verify_catalog(const DatabasePlace& place);

// The log that the database goes on with, by its rules. The usual one is its own; opening it settles its tail, as a
// start of the server would.
using LogOf = std::function<Result<catalog::StartLog>(const DatabasePlace&, const model::DatabaseRules&)>;
Result<catalog::StartLog> own_log_of(const DatabasePlace& place, const model::DatabaseRules& rules);

// Puts the old catalog aside, whole, and makes one out of what the data files say. No server may run this database
// meanwhile. `pass_over_unreadable`: files that cannot be read are named and left where they are instead of ending it.
Result<std::string> rebuild_catalog(const DatabasePlace& place, bool pass_over_unreadable,
                                    const LogOf& log_of = own_log_of);

}  // namespace magnetite::server
