// What an operator does with the catalog of a database that no server runs: look, check, make anew.
#pragma once

#include <string>

#include "base/disk.h"
#include "base/executor.h"
#include "base/result.h"
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

// Puts the old catalog aside, whole, and makes one out of what the data files say. No server may run this database
// meanwhile. `pass_over_unreadable`: files that cannot be read are named and left where they are instead of ending it.
Result<std::string> rebuild_catalog(const DatabasePlace& place, bool pass_over_unreadable);

}  // namespace magnetite::server
