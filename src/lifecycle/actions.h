// What the policy asks for. A worker performs actions as jobs; each names its chunks by id and says why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/ids.h"

namespace magnetite::lifecycle {

// The open chunk takes no more rows.
struct Close {
  model::ChunkId chunk;
  bool operator==(const Close&) const = default;
};
// Close it if it is open, and make its image in memory. The policy leaves that to the lanes; people ask for it.
struct Move {
  model::ChunkId chunk;
  bool operator==(const Move&) const = default;
};
// Merge into one image in memory, with the order of the last one.
struct Compact {
  std::vector<model::ChunkId> chunks;
  bool operator==(const Compact&) const = default;
};
// Merge; rows up to the split go to the store, later ones stay in memory; without a split all go. Both results have the
// order of the last chunk. No chunks: nothing is left up to there, which only has to be recorded.
struct Persist {
  std::vector<model::ChunkId> chunks;
  std::optional<int64_t> split_timestamp;
  bool operator==(const Persist&) const = default;
};
// Merge persisted files into one, in one transaction of the catalog, with the order of the last one.
struct CompactPersisted {
  std::vector<model::ChunkId> chunks;
  bool operator==(const CompactPersisted&) const = default;
};
struct Unload {
  model::ChunkId chunk;
  bool operator==(const Unload&) const = default;
};
// Loses rows. Always the partition's first chunk that is not persisted.
struct Drop {
  model::ChunkId chunk;
  bool operator==(const Drop&) const = default;
};
// Only people ask for these two. As few chunks as can be, in memory or, with nothing to do there, among the files.
struct CompactPartition {
  bool operator==(const CompactPartition&) const = default;
};
// Loses every row that is there now, persisted or not, in one step.
struct DropPartition {
  bool operator==(const DropPartition&) const = default;
};

struct Action {
  std::string table;
  std::string partition_key;
  std::variant<Close, Move, Compact, Persist, CompactPersisted, Unload, Drop, CompactPartition, DropPartition> what;
  std::string reason;
};

std::string_view name_of(const Action& action);  // "persist", "compact files", ...

}  // namespace magnetite::lifecycle
