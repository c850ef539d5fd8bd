// Databases that were deleted and are kept until a deadline: <server id>/deleted-<uuid>.pb in the object store
// (docs/formats/deleted_database.md). What becomes of their data is not decided here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "model/database_rules.h"
#include "model/ids.h"
#include "object_store/object_store.h"

namespace magnetite::server {

struct DeletedDatabase {
  model::DatabaseRules rules;  // its name and UUID among them
  WallTime deleted_at;
  WallTime purge_at;
  bool operator==(const DeletedDatabase&) const = default;
};

// Thread-safe; calls with a server id block on the store, which outlives it. `server` is the same in all calls.
class DeletedDatabases {
 public:
  explicit DeletedDatabases(object_store::ObjectStore& store) : store_(store) {}

  // At the start. Records of databases that are there are removed, those that cannot be understood logged.
  Result<> load(model::ServerId server) EXCLUDES(mutex_);
  // Makes the record durable; it is not seen before add().
  Result<> record(model::ServerId server, const DeletedDatabase& deleted);
  void add(DeletedDatabase deleted) EXCLUDES(mutex_);
  // The record goes from the store and then from here.
  Result<> forget(model::ServerId server, const model::Uuid& uuid) EXCLUDES(mutex_);
  void unlist(const model::Uuid& uuid) EXCLUDES(mutex_);  // only here: the next load() sees what became of it

  std::vector<DeletedDatabase> list() const EXCLUDES(mutex_);  // by name, then time
  // Without a UUID, the one of that name that was deleted last.
  std::optional<DeletedDatabase> find(std::string_view name, const std::optional<model::Uuid>& uuid) const
      EXCLUDES(mutex_);

 private:
  object_store::ObjectStore& store_;
  mutable Mutex mutex_;
  std::map<model::Uuid, DeletedDatabase> known_ GUARDED_BY(mutex_);
};

object_store::Bytes encode_deleted_file(const DeletedDatabase& deleted);
Result<DeletedDatabase> decode_deleted_file(const object_store::Bytes& bytes);  // kCorruption

}  // namespace magnetite::server
