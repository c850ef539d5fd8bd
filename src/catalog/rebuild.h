// Makes a catalog anew out of what the data files say about themselves, for the day the old one cannot be read.
//
// It finds what is there: files that transactions had removed but cleanup had not come back, as do dropped data;
// de-duplication makes the former harmless. It cannot find the history.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace magnetite::catalog {

// A data file in its own words. `add.file.path` is the catalog's to fill in.
struct FoundFile {
  AddFile add;
  std::vector<Column> columns;
  std::vector<model::ColumnId> sort_key;
  std::optional<persistence::PartitionCheckpoint> partition_checkpoint = {};
  std::optional<persistence::DatabaseCheckpoint> database_checkpoint = {};
};
using FileReader = std::function<Result<FoundFile>(const ObjectPath& object)>;

struct RebuildOptions {
  // The log the database goes on with; checkpoints of others are left out.
  std::optional<StartLog> log = {};
  bool pass_over_unreadable_files = false;  // else the first one ends it
};

struct RebuildReport {
  uint64_t files = 0;
  std::vector<Problem> passed_over;
};

// Moves the objects of catalog/ to catalog-set-aside/<UUID>/; nothing is lost. Returns how many. May be repeated.
Result<uint64_t> set_catalog_aside(object_store::ObjectStore& store, const ObjectPath& database_folder);

// kAlreadyExists while there is a catalog: set it aside first. Ends with a checkpoint. An error before that leaves a
// catalog to be set aside.
Result<RebuildReport> rebuild(const CatalogPlace& place, const FileReader& reader, const RebuildOptions& options = {});

}  // namespace magnetite::catalog
