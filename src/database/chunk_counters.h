// How many chunks came into each state since the start, and how large they were then.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace magnetite::database {

enum class ChunkEvent : uint8_t {
  kOpen,
  kClosed,
  kMoving,              // its image is being made
  kMoved,               // into its image, in memory
  kCompacted,           // made of several, in memory
  kWritingObjectStore,  // its rows are being persisted
  kPersisted,           // in memory and in the store
  kInStoreOnly,
};
inline constexpr size_t kChunkEvents = 8;
std::string_view to_string(ChunkEvent event);  // as the metrics of the 2021 server call it

inline constexpr std::array<uint64_t, 11> kChunkBytesBounds = {1ull << 10, 1ull << 12, 1ull << 14, 1ull << 16,
                                                               1ull << 18, 1ull << 20, 1ull << 22, 1ull << 24,
                                                               1ull << 26, 1ull << 28, 1ull << 30};

struct ChunkEventCount {
  uint64_t count = 0;
  uint64_t bytes = 0;                                            // of all of them
  std::array<uint64_t, kChunkBytesBounds.size() + 1> by_size{};  // how many up to each bound and, last, above all
};
using ChunkEventCounts = std::array<ChunkEventCount, kChunkEvents>;  // by ChunkEvent

// Thread-safe.
class ChunkCounters {
 public:
  void count(ChunkEvent event, uint64_t bytes);
  ChunkEventCounts counts() const;

 private:
  struct Cell {
    std::atomic<uint64_t> bytes = 0;
    std::array<std::atomic<uint64_t>, kChunkBytesBounds.size() + 1> by_size{};
  };
  std::array<Cell, kChunkEvents> cells_;
};

}  // namespace magnetite::database
