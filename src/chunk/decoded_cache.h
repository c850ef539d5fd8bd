// Decoded column chunks of images, least recently used first out, within a budget of bytes. Shared by a whole server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/mutex.h"
#include "base/result.h"
#include "chunk/sorted_chunk.h"

namespace magnetite::chunk {

struct CacheStatistics {
  uint64_t hits = 0;
  uint64_t misses = 0;
  size_t bytes = 0;
  size_t bytes_max = 0;
};

// Thread-safe. Two threads that miss the same entry may both decode it; the first result stays.
class DecodedCache {
 public:
  using Decode = std::function<Result<std::shared_ptr<const DecodedColumn>>()>;

  explicit DecodedCache(size_t bytes_max);
  ~DecodedCache();

  // A number no other image of this process has; entries of an image are dropped with forget().
  uint64_t new_image_key();
  Result<std::shared_ptr<const DecodedColumn>> get(uint64_t image, uint32_t row_group, uint32_t column,
                                                   const Decode& decode);
  // What is there, or nullptr; counts as neither hit nor use.
  std::shared_ptr<const DecodedColumn> peek(uint64_t image, uint32_t row_group, uint32_t column) const;
  void forget(uint64_t image);
  CacheStatistics statistics() const;

 private:
  struct State;
  mutable Mutex mutex_;
  std::unique_ptr<State> state_;
};

}  // namespace magnetite::chunk
