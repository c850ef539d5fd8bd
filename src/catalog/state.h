// All that the catalog of one database knows at one revision. Immutable and shared: a transaction makes a new State
// that shares every table, partition and file it did not touch, so a snapshot costs a pointer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/transaction.h"

namespace magnetite::catalog {

// Whoever holds one keeps the file itself: cleanup passes over it, even when a transaction removed it.
using FilePointer = std::shared_ptr<const FileEntry>;

struct Partition {
  std::string key;
  std::vector<FilePointer> files;                              // by order, then path
  std::optional<persistence::PartitionCheckpoint> checkpoint;  // the newest; stays when the files are gone
  // The largest ever seen, files that are gone included: new chunks go above.
  model::ChunkId chunk_max;
  model::ChunkOrder order_max;
};

struct Table {
  std::string name;
  std::vector<Column> columns;                               // by id, without `time`; ids may have gaps after a rebuild
  std::optional<std::vector<model::ColumnId>> sort_key;      // absent before the first freeze
  std::vector<std::shared_ptr<const Partition>> partitions;  // by key

  const Partition* find(std::string_view key) const;  // nullptr if there is none
};

struct State {
  model::Uuid database;
  uint64_t revision = 0;
  model::Uuid transaction;  // that led here
  uint64_t file_count = 0;
  std::optional<StartLog> log;
  persistence::DatabaseCheckpoint checkpoint;        // folded, of `log`
  std::vector<std::shared_ptr<const Table>> tables;  // by name

  const Table* find(std::string_view table) const;
};

template <class Visit>  // visit(const Table&, const Partition&, const FilePointer&)
void for_each_file(const State& state, Visit visit) {
  for (const auto& table : state.tables)
    for (const auto& partition : table->partitions)
      for (const FilePointer& file : partition->files) visit(*table, *partition, file);
}

// Applies transactions to a state. After an error the editor is of no use.
class StateEditor {
 public:
  explicit StateEditor(std::shared_ptr<const State> base);
  ~StateEditor();

  // kInvalidInput when a transaction contradicts the state: the same check before a commit and while loading.
  Result<> apply(const Transaction& transaction);
  // Of `transaction`, whose revision and id these are.
  std::shared_ptr<const State> finish(uint64_t revision, model::Uuid transaction) &&;

  const std::vector<FilePointer>& added() const { return added_; }  // in the order of the actions
  const std::vector<FilePointer>& removed() const { return removed_; }

 private:
  struct EditedTable;

  EditedTable& table(std::string_view name);
  Partition& partition(std::string_view table_name, std::string_view key);
  Result<> apply(const AddFile& action);
  Result<> apply(const RemoveFile& action);
  Result<> apply(const AdvancePartition& action);
  Result<> apply(const StartLog& action);
  Result<> apply(const AddColumns& action);
  Result<> apply(const SetSortKey& action);

  std::shared_ptr<const State> base_;
  uint64_t file_count_;
  std::optional<StartLog> log_;
  persistence::DatabaseCheckpoint checkpoint_;
  std::map<std::string, EditedTable, std::less<>> tables_;
  std::vector<FilePointer> added_;
  std::vector<FilePointer> removed_;
};

}  // namespace magnetite::catalog
