// Where the catalog's objects and the data files of one database lie. docs/formats/catalog.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/transaction.h"
#include "object_store/object_store.h"

namespace magnetite::catalog {

using object_store::ObjectPath;

ObjectPath transactions_folder(const ObjectPath& database_folder);
ObjectPath checkpoints_folder(const ObjectPath& database_folder);
ObjectPath transaction_path(const ObjectPath& database_folder, uint64_t revision);
ObjectPath checkpoint_path(const ObjectPath& database_folder, uint64_t revision);
ObjectPath data_folder(const ObjectPath& database_folder);

// A new name for FileEntry::path: readable, and unique because of a UUID in it. Nothing is ever read out of it.
std::string new_file_path(std::string_view table, std::string_view partition_key, model::ChunkId chunk);
// The object of such a path; kCorruption for what is none.
Result<ObjectPath> file_object(const ObjectPath& database_folder, std::string_view file_path);
// The other way; nullopt when the object is not in the database's folder.
std::optional<std::string> file_path_of(const ObjectPath& database_folder, const ObjectPath& object);

// Revisions, ascending. Names that are no revision are somebody else's and passed over.
struct Listing {
  std::vector<uint64_t> transactions;
  std::vector<uint64_t> checkpoints;
  bool empty() const { return transactions.empty() && checkpoints.empty(); }
};
Result<Listing> list_catalog(object_store::ObjectStore& store, const ObjectPath& database_folder);

}  // namespace magnetite::catalog
