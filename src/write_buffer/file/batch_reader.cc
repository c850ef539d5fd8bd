#include "write_buffer/file/batch_reader.h"

#include <algorithm>

namespace magnetite::write_buffer {
namespace {
// Small batches in a row are read together; a jump over foreign ones reads little.
constexpr uint64_t kReadAheadMin = 4 << 10;
constexpr uint64_t kReadAheadMax = 64 << 10;
}  // namespace

Result<std::optional<format::BatchHeader>> BatchReader::header_at(uint64_t offset) {
  if (offset > limit_ || limit_ - offset < format::kBatchHeaderBytes) return std::optional<format::BatchHeader>();
  MAGNETITE_TRY(const std::span<const std::byte> bytes, bytes_at(offset, format::kBatchHeaderBytes));
  return format::decode_batch_header(bytes.first<format::kBatchHeaderBytes>(), seed_, offset, limit_);
}

Result<std::optional<std::span<const std::byte>>> BatchReader::body_of(const format::BatchHeader& header) {
  MAGNETITE_TRY(const std::span<const std::byte> body,
                bytes_at(header.offset + format::kBatchHeaderBytes, header.body_bytes));
  if (!format::is_intact(header, body, seed_)) return std::optional<std::span<const std::byte>>();
  return body;
}

Result<std::optional<BatchReader::Batch>> BatchReader::batch_at(uint64_t offset) {
  MAGNETITE_TRY(const std::optional<format::BatchHeader> header, header_at(offset));
  if (!header) return std::optional<Batch>();
  MAGNETITE_TRY(const std::optional<std::span<const std::byte>> body, body_of(*header));
  if (!body) return std::optional<Batch>();
  return Batch{*header, *body};
}

Result<std::span<const std::byte>> BatchReader::bytes_at(uint64_t offset, uint64_t size) {
  const uint64_t window_end = window_offset_ + window_bytes_;
  if (offset < window_offset_ || offset + size > window_end) {
    const bool goes_on = window_bytes_ > 0 && offset >= window_offset_ && offset <= window_end;
    read_ahead_bytes_ = goes_on ? std::min(2 * read_ahead_bytes_, kReadAheadMax) : kReadAheadMin;
    const uint64_t bytes = std::min(std::max(size, read_ahead_bytes_), limit_ - offset);
    if (window_.size() < bytes) window_.resize(bytes);
    window_bytes_ = 0;
    MAGNETITE_RETURN_IF_ERROR(file_.read_at(offset, std::span(window_).first(bytes)));
    window_offset_ = offset;
    window_bytes_ = bytes;
  }
  return std::span<const std::byte>(window_).subspan(offset - window_offset_, size);
}

}  // namespace magnetite::write_buffer
