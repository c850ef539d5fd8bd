#include "database/chunk_info.h"

namespace magnetite::database {

ChunkInfo info_of(const StagedChunk& chunk) {
  ChunkInfo info;
  info.address = chunk.address();
  info.storage = chunk.storage();
  info.action = chunk.action();
  info.memory_bytes = chunk.memory_bytes();
  if (const StoredFacts* stored = chunk.stored()) info.stored_bytes = stored->bytes;
  info.rows = chunk.rows();
  info.times = chunk.times();
  return info;
}

}  // namespace magnetite::database
