#include "query/table_snapshot.h"

namespace magnetite::query {

std::string_view to_string(ChunkStorage storage) {
  switch (storage) {
    case ChunkStorage::kOpenMutableBuffer:
      return "OpenMutableBuffer";
    case ChunkStorage::kClosedMutableBuffer:
      return "ClosedMutableBuffer";
    case ChunkStorage::kReadBuffer:
      return "ReadBuffer";
    case ChunkStorage::kReadBufferAndObjectStore:
      return "ReadBufferAndObjectStore";
    case ChunkStorage::kObjectStoreOnly:
      return "ObjectStoreOnly";
  }
  return "Unknown";
}

Result<> open_stored(TableSnapshot& snapshot, const model::TimeRange& times) {
  for (ChunkSnapshot& chunk : snapshot.chunks) {
    const auto* stored = std::get_if<std::shared_ptr<const chunk::StoredImage>>(&chunk.data);
    if (stored == nullptr || !chunk.times.overlaps(times)) continue;
    MAGNETITE_TRY(std::shared_ptr<const chunk::SortedChunk> rows, (*stored)->image());
    chunk.data = std::move(rows);
  }
  return {};
}

}  // namespace magnetite::query
