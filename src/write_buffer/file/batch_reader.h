// Reads the batches of one segment through a bounded window, every byte verified before it is believed.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/disk.h"
#include "write_buffer/file/segment_format.h"

namespace magnetite::write_buffer {

// `file` outlives it. Not thread-safe.
class BatchReader {
 public:
  BatchReader(File& file, uint64_t seed, uint64_t limit) : file_(file), seed_(seed), limit_(limit) {}

  // Bytes from `limit` on are not looked at, as they may still change. It only grows.
  void set_limit(uint64_t limit) { limit_ = limit; }

  // nullopt: no such batch stands there. Errors are the disk's.
  Result<std::optional<format::BatchHeader>> header_at(uint64_t offset);
  // nullopt: damaged. Valid until the next call.
  Result<std::optional<std::span<const std::byte>>> body_of(const format::BatchHeader& header);
  // The body, intact and valid until the next call, of the batch at `offset`.
  struct Batch {
    format::BatchHeader header;
    std::span<const std::byte> body;
  };
  Result<std::optional<Batch>> batch_at(uint64_t offset);

 private:
  Result<std::span<const std::byte>> bytes_at(uint64_t offset, uint64_t size);

  File& file_;
  const uint64_t seed_;
  uint64_t limit_;
  std::vector<std::byte> window_;
  uint64_t window_offset_ = 0;
  uint64_t window_bytes_ = 0;  // valid ones
  uint64_t read_ahead_bytes_ = 0;
};

}  // namespace magnetite::write_buffer
