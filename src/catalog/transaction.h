// What a transaction of the catalog says. Values; format in docs/formats/catalog.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/column_type.h"
#include "model/ids.h"
#include "model/time_range.h"
#include "persistence/checkpoint.h"

namespace magnetite::catalog {

// Entries stay small, so that a hundred thousand files are tens of megabytes; a Parquet footer alone would be 20 kB.
inline constexpr size_t kSeriesKeyBytesMax = 96;

// One Parquet file, as much of it as is needed without opening it.
struct FileEntry {
  std::string path;  // ObjectPath::text() below the database's folder; unique, never used again
  model::ChunkId chunk;
  model::ChunkOrder order;
  uint64_t row_count = 0;
  uint64_t size_bytes = 0;
  model::TimeRange times;
  uint64_t checksum = 0;  // of the whole file, as its footer has it; 0 when unknown
  // First and last series in sort order, in the caller's encoding; empty: unknown. At most kSeriesKeyBytesMax each.
  std::string first_series = {};
  std::string last_series = {};
  bool operator==(const FileEntry&) const = default;
};

struct Column {
  model::ColumnId id;  // 0 is `time`, which every table has and no transaction names
  std::string name;
  model::ColumnType type = model::ColumnType::kTag;
  bool operator==(const Column&) const = default;
};

struct AddFile {
  std::string table;
  std::string partition_key;
  FileEntry file;
  bool operator==(const AddFile&) const = default;
};
struct RemoveFile {
  std::string table;
  std::string partition_key;
  std::string path;
  bool operator==(const RemoveFile&) const = default;
};
// What a partition has persisted now; stands beside the files of a persist, or alone for drops and empty flushes.
struct AdvancePartition {
  persistence::PartitionCheckpoint checkpoint;
  bool operator==(const AdvancePartition&) const = default;
};
// Before the first write to a log: from here on only checkpoints of this log mean anything.
struct StartLog {
  model::Uuid log_id;
  uint32_t sequencers = 0;  // routing stays on this number
  bool operator==(const StartLog&) const = default;
};
// Makes the table if it is new. Columns that are there already with the same id and type change nothing.
struct AddColumns {
  std::string table;
  std::vector<Column> columns;
  bool operator==(const AddColumns&) const = default;
};
// Fixed at the first freeze; later only new tags are appended.
struct SetSortKey {
  std::string table;
  std::vector<model::ColumnId> tags;
  bool operator==(const SetSortKey&) const = default;
};
using Action = std::variant<AddFile, RemoveFile, AdvancePartition, StartLog, AddColumns, SetSortKey>;

// Happens whole or not at all.
struct Transaction {
  std::vector<Action> actions;
  // A consistent cut over all partitions that holds once the actions have happened.
  std::optional<persistence::DatabaseCheckpoint> checkpoint = {};
  bool operator==(const Transaction&) const = default;
};

}  // namespace magnetite::catalog
