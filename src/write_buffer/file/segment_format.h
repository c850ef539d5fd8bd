// Bytes of the local log. Pure. Layout and rules: docs/formats/local_log.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <vector>

#include "base/disk.h"
#include "base/result.h"
#include "model/ids.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer::format {

inline constexpr uint32_t kVersion = 2;
inline constexpr uint64_t kDataOffset = 4096;        // first batch of a segment
inline constexpr uint64_t kHeaderCopyOffset = 2048;  // the header stands twice: a sector may be damaged
inline constexpr size_t kHeaderBytes = 1024;
inline constexpr size_t kSequencersMax = 48;  // what fits into a header
inline constexpr size_t kBatchHeaderBytes = 56;
inline constexpr size_t kBatchAlignment = kBlockBytes;  // a write never touches a block that holds synced data

constexpr uint64_t aligned(uint64_t bytes) { return (bytes + kBatchAlignment - 1) / kBatchAlignment * kBatchAlignment; }

struct SegmentHeader {
  model::Uuid log_id;
  uint64_t segment = 0;       // its number in the chain
  uint64_t file_bytes = 0;    // a shorter file is damaged
  uint64_t previous_end = 0;  // the seal: where the previous segment's data ends; 0 for the first of a log
  // By sequencer. Earlier segments hold smaller numbers, this one holds none smaller:
  std::vector<uint64_t> first_numbers;
  // Numbers below these may have been given, also to records that were cut.
  std::vector<uint64_t> next_numbers;
};

void encode(const SegmentHeader& header, std::span<std::byte, kHeaderBytes> out);
// kCorruption, or kFailedPrecondition for any other version than kVersion.
Result<SegmentHeader> decode_segment_header(std::span<const std::byte, kHeaderBytes> bytes);

// Mixed into every checksum of a batch, whose header also holds its offset: what an earlier life of a recycled file
// left behind never verifies.
uint64_t checksum_seed(const model::Uuid& log_id, uint64_t segment);

struct BatchHeader {
  uint64_t offset = 0;         // of itself in its segment
  uint64_t body_bytes = 0;     // without the padding up to the next batch
  uint64_t synced_offset = 0;  // data of this segment below was durable when this was written
  uint64_t sequencers = 0;     // bit i: has records of sequencer i
  uint64_t body_checksum = 0;
  uint32_t record_count = 0;
  uint64_t end() const { return aligned(offset + kBatchHeaderBytes + body_bytes); }
};

void encode(const BatchHeader& header, uint64_t seed, std::span<std::byte, kBatchHeaderBytes> out);
// The header that verifies at this offset and whose batch ends within `file_bytes`.
std::optional<BatchHeader> decode_batch_header(std::span<const std::byte, kBatchHeaderBytes> bytes, uint64_t seed,
                                               uint64_t offset, uint64_t file_bytes);
// The same batch for another place.
BatchHeader moved_to(uint64_t offset, const BatchHeader& header, std::span<const std::byte> body, uint64_t seed);
bool may_be_batch(std::span<const std::byte> bytes);  // has the magic
bool is_intact(const BatchHeader& header, std::span<const std::byte> body, uint64_t seed);

// Memory for direct writes, whole blocks, uninitialised.
struct BlockDeleter {
  void operator()(std::byte* memory) const { ::operator delete(memory, std::align_val_t{kBlockBytes}); }
};
using BlockMemory = std::unique_ptr<std::byte[], BlockDeleter>;
BlockMemory make_block_memory(size_t bytes);

// A batch under construction: room for the header, then records.
class BatchBuilder {
 public:
  BatchBuilder() { clear(); }
  void clear();
  void add(const StoredAt& stored_at, const Record& record);
  uint32_t record_count() const { return record_count_; }
  size_t bytes() const { return used_bytes_; }
  size_t capacity() const { return capacity_; }
  size_t sealed_bytes() const { return aligned(used_bytes_); }
  // Completes header, padding and checksums for this place; may be repeated for another one. Fit for a direct write.
  std::span<const std::byte> seal(uint64_t seed, uint64_t offset, uint64_t synced_offset);

 private:
  void reserve(size_t bytes);

  BlockMemory memory_;
  size_t capacity_ = 0;
  size_t used_bytes_ = 0;
  uint64_t sequencers_ = 0;
  uint32_t record_count_ = 0;
};

size_t record_bytes(const Record& record);

// Walks the records of an intact batch.
class RecordCursor {
 public:
  RecordCursor(std::span<const std::byte> body, uint32_t record_count) : rest_(body), left_(record_count) {}

  struct View {
    StoredAt stored_at;
    std::span<const std::byte> headers;  // encoded
    std::string_view payload;
  };
  // nullopt after the last; kCorruption when a length does not fit.
  Result<std::optional<View>> next();

 private:
  std::span<const std::byte> rest_;
  uint32_t left_;
};

Result<Headers> decode_headers(std::span<const std::byte> bytes);

}  // namespace magnetite::write_buffer::format
