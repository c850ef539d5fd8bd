#include "database/chunk_counters.h"

#include <algorithm>

namespace magnetite::database {

std::string_view to_string(ChunkEvent event) {
  switch (event) {
    case ChunkEvent::kOpen:
      return "open";
    case ChunkEvent::kClosed:
      return "closed";
    case ChunkEvent::kMoving:
      return "moving";
    case ChunkEvent::kMoved:
      return "moved";
    case ChunkEvent::kCompacted:
      return "compacted";
    case ChunkEvent::kWritingObjectStore:
      return "writing_os";
    case ChunkEvent::kPersisted:
      return "rub_and_os";
    case ChunkEvent::kInStoreOnly:
      return "os";
  }
  return "unknown";
}

void ChunkCounters::count(ChunkEvent event, uint64_t bytes) {
  Cell& cell = cells_.at(static_cast<size_t>(event));
  cell.bytes.fetch_add(bytes, std::memory_order_relaxed);
  const auto bound = std::ranges::lower_bound(kChunkBytesBounds, bytes);
  cell.by_size.at(static_cast<size_t>(bound - kChunkBytesBounds.begin())).fetch_add(1, std::memory_order_relaxed);
}

ChunkEventCounts ChunkCounters::counts() const {
  ChunkEventCounts counts;
  for (size_t event = 0; event < kChunkEvents; ++event) {
    counts[event].bytes = cells_[event].bytes.load(std::memory_order_relaxed);
    for (size_t i = 0; i < counts[event].by_size.size(); ++i) {
      counts[event].by_size[i] = cells_[event].by_size[i].load(std::memory_order_relaxed);
      counts[event].count += counts[event].by_size[i];
    }
  }
  return counts;
}

}  // namespace magnetite::database
