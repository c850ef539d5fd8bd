// The chunks of one partition in write order, and the two ways several change at once: an action begins on all of them
// or on none, and results replace their sources in one step (L6).
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "database/staged_chunk.h"

namespace magnetite::database {

// Not thread-safe.
class ChunkList {
 public:
  // Halves of a split share an order; they are disjoint in time.
  using Key = std::pair<model::ChunkOrder, model::ChunkId>;
  using Chunks = std::map<Key, StagedChunk>;

  const Chunks& all() const { return chunks_; }
  StagedChunk* open();  // nullptr if there is none; only the last can be open
  StagedChunk* find(model::ChunkId id);
  const StagedChunk* find(model::ChunkId id) const;

  // Ids and orders follow what is there, also what was loaded.
  model::ChunkId next_id();
  model::ChunkOrder next_order();
  StagedChunk& add(StagedChunk chunk);
  void go_on_after(model::ChunkId id, model::ChunkOrder order);  // given before, to chunks that are gone

  // kNotFound, or the reason of the first chunk that cannot; then nothing has begun.
  Result<> begin(std::span<const model::ChunkId> ids, LifecycleAction action, WallTime now);
  // Those that are still there and carry the action lose it.
  void abandon(std::span<const model::ChunkId> ids, LifecycleAction action);
  // Removes the sources, which carry `action`, and adds the results; nothing happens unless all of it can.
  Result<> replace(std::span<const model::ChunkId> sources, LifecycleAction action, std::vector<StagedChunk> results);
  // kNotFound; kFailedPrecondition while an action runs.
  Result<> drop(model::ChunkId id);

 private:
  Chunks::iterator find_entry(model::ChunkId id);
  Error not_found(model::ChunkId id) const;

  Chunks chunks_;
  uint32_t next_id_ = 0;
  uint64_t next_order_ = 0;
};

}  // namespace magnetite::database
