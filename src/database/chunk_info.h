// A chunk as people see it.
#pragma once

#include <string>
#include <vector>

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

}  // namespace magnetite::database
