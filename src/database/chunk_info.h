// A chunk as people see it.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "database/chunk_counters.h"
#include "database/staged_chunk.h"

namespace magnetite::database {

struct ChunkInfo {
  model::ChunkAddress address;
  query::ChunkStorage storage = query::ChunkStorage::kOpenMutableBuffer;
  LifecycleAction action = LifecycleAction::kNone;
  uint64_t memory_bytes = 0;
  uint64_t stored_bytes = 0;  // of its file; 0 while it has none
  uint64_t rows = 0;
  ChunkTimes times;
};

ChunkInfo info_of(const StagedChunk& chunk);

struct StorageTally {
  uint64_t chunks = 0;  // with rows
  uint64_t rows = 0;
  uint64_t memory_bytes = 0;  // without dictionaries and caches
  uint64_t stored_bytes = 0;
};
using ChunkTally = std::array<StorageTally, 5>;  // by query::ChunkStorage
void add(const StagedChunk& chunk, ChunkTally& tally);

// What counts as the chunk's size when it comes into a state.
uint64_t bytes_at(const StagedChunk& chunk, ChunkEvent event);
// How a job's result comes, and its size.
std::pair<ChunkEvent, uint64_t> arrival_of(const StagedChunk& result);

}  // namespace magnetite::database
