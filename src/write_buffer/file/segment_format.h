// Bytes of the local log. Pure. Layout and rules: docs/formats/local_log.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/ids.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer::format {

inline constexpr uint64_t kDataOffset = 4096;        // first batch of a segment
inline constexpr uint64_t kHeaderCopyOffset = 2048;  // the header stands twice: one sector may be damaged
inline constexpr size_t kHeaderBytes = 512;
inline constexpr size_t kSequencersMax = 48;         // what fits into a header
inline constexpr size_t kBatchHeaderBytes = 48;
inline constexpr size_t kBatchAlignment = 8;

struct SegmentHeader {
  model::Uuid log_id;
  uint64_t segment = 0;       // its number in the chain
  uint64_t previous_end = 0;  // where the previous segment's data ends; 0 for the first
  std::vector<uint64_t> next_numbers;  // by sequencer: smallest number a record of this segment may have
};

void encode(const SegmentHeader& header, std::span<std::byte, kHeaderBytes> out);
std::optional<SegmentHeader> decode_segment_header(std::span<const std::byte, kHeaderBytes> bytes);

struct BatchHeader {
  uint64_t offset = 0;         // of itself in its segment
  uint64_t body_bytes = 0;     // padding included
  uint64_t synced_offset = 0;  // data below was durable when this was written
  uint32_t record_count = 0;
  uint64_t end() const { return offset + kBatchHeaderBytes + body_bytes; }
};

// A batch under construction: header space, then records.
class BatchBuilder {
 public:
  BatchBuilder() { clear(); }
  void clear();
  void add(const StoredAt& stored_at, const Record& record);
  uint32_t record_count() const { return record_count_; }
  size_t bytes() const { return bytes_.size(); }
  // Completes header, padding and checksum for this place.
  std::span<const std::byte> seal(const model::Uuid& log_id, uint64_t segment, uint64_t offset, uint64_t synced_offset);

 private:
  std::vector<std::byte> bytes_;
  uint32_t record_count_ = 0;
};

size_t record_bytes(const Record& record);

// Plausible: magic, own offset, and an end within `segment_bytes`. The checksum needs the body: is_intact().
std::optional<BatchHeader> decode_batch_header(std::span<const std::byte> bytes, uint64_t offset, uint64_t segment_bytes);
bool is_intact(std::span<const std::byte> batch, const model::Uuid& log_id, uint64_t segment);

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
