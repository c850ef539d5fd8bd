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

void add(const StagedChunk& chunk, ChunkTally& tally) {
  const uint64_t rows = chunk.rows();
  if (rows == 0) return;
  StorageTally& sum = tally.at(static_cast<size_t>(chunk.storage()));
  ++sum.chunks;
  sum.rows += rows;
  sum.memory_bytes += chunk.memory_bytes();
  if (const StoredFacts* stored = chunk.stored()) sum.stored_bytes += stored->bytes;
}

uint64_t bytes_at(const StagedChunk& chunk, ChunkEvent event) {
  const StoredFacts* stored = chunk.stored();
  return event == ChunkEvent::kInStoreOnly && stored != nullptr ? stored->bytes : chunk.memory_bytes();
}

std::pair<ChunkEvent, uint64_t> arrival_of(const StagedChunk& result) {
  const ChunkEvent event = std::holds_alternative<StagedChunk::Unloaded>(result.stage())    ? ChunkEvent::kInStoreOnly
                           : std::holds_alternative<StagedChunk::Persisted>(result.stage()) ? ChunkEvent::kPersisted
                                                                                            : ChunkEvent::kCompacted;
  return {event, bytes_at(result, event)};
}

}  // namespace magnetite::database
