// Bytes the process holds in chunks, against its limit. One for a whole server.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/result.h"

namespace magnetite::database {

// Thread-safe.
class MemoryGauge {
 public:
  explicit MemoryGauge(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // kResourceExhausted when `bytes` more would pass the limit; asked before sequencing.
  Result<> admit(uint64_t bytes) const;
  void add(uint64_t bytes) { bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  void remove(uint64_t bytes) { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  uint64_t bytes_max() const { return bytes_max_; }

 private:
  const uint64_t bytes_max_;
  std::atomic<uint64_t> bytes_ = 0;
};

}  // namespace magnetite::database
