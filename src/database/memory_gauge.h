// Bytes the process holds in chunks, against its limit: one gauge for a whole server, one account per database.
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
  uint64_t bytes() const { return static_cast<uint64_t>(bytes_.load(std::memory_order_relaxed)); }
  uint64_t bytes_max() const { return bytes_max_; }

 private:
  friend class MemoryAccount;
  const uint64_t bytes_max_;
  std::atomic<int64_t> bytes_ = 0;
};

// A database's share. Thread-safe. Whoever holds memory changes the account by what it gained or gave back.
class MemoryAccount {
 public:
  explicit MemoryAccount(MemoryGauge& gauge) : gauge_(gauge) {}
  ~MemoryAccount() { change(-bytes_.load()); }
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  void change(int64_t delta) {
    bytes_.fetch_add(delta, std::memory_order_relaxed);
    gauge_.bytes_.fetch_add(delta, std::memory_order_relaxed);
  }
  uint64_t bytes() const { return static_cast<uint64_t>(bytes_.load(std::memory_order_relaxed)); }

 private:
  MemoryGauge& gauge_;
  std::atomic<int64_t> bytes_ = 0;
};

}  // namespace magnetite::database
