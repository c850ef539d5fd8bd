#include "write_buffer/file/segment_format.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace magnetite::write_buffer::format {
namespace {

constexpr uint64_t kSegmentMagic = 0x31474F4C4E47414D;  // "MAGNLOG1"
constexpr uint32_t kBatchMagic = 0x5441424D;            // "MBAT"
constexpr size_t kRecordHeaderBytes = 4 + 8 + 8 + 4 + 8;
constexpr size_t kNumbersOffset = 64;
constexpr size_t kBatchChecksumOffset = kBatchHeaderBytes - 8;
static_assert(kNumbersOffset + 2 * 8 * kSequencersMax <= kHeaderBytes);
static_assert(kHeaderBytes <= kHeaderCopyOffset && kHeaderCopyOffset + kHeaderBytes <= kDataOffset);
static_assert(kDataOffset % kBatchAlignment == 0);
static_assert(std::endian::native == std::endian::little, "numbers are stored little-endian");

template <class Number>
void put(std::byte* at, Number value) {
  std::memcpy(at, &value, sizeof(value));
}
template <class Number>
Number get(const std::byte* at) {
  Number value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

uint64_t body_checksum(std::span<const std::byte> body, uint64_t seed) {
  return XXH3_64bits_withSeed(body.data(), body.size(), seed);
}
uint64_t batch_header_checksum(const std::byte* header, uint64_t seed) {
  return XXH3_64bits_withSeed(header, kBatchChecksumOffset, seed);
}

size_t headers_bytes(const Headers& headers) {
  size_t bytes = 4;
  for (const auto& [key, value] : headers) bytes += 8 + key.size() + value.size();
  return bytes;
}

}  // namespace

void encode(const SegmentHeader& header, std::span<std::byte, kHeaderBytes> out) {
  const size_t sequencers = header.first_numbers.size();
  MAGNETITE_CHECK(sequencers > 0 && sequencers <= kSequencersMax && header.next_numbers.size() == sequencers);
  std::ranges::fill(out, std::byte{0});
  put(&out[0], kSegmentMagic);
  put(&out[16], kVersion);
  put(&out[20], static_cast<uint32_t>(sequencers));
  std::memcpy(&out[24], header.log_id.bytes.data(), header.log_id.bytes.size());
  put(&out[40], header.segment);
  put(&out[48], header.file_bytes);
  put(&out[56], header.previous_end);
  for (size_t i = 0; i < sequencers; ++i) {
    put(&out[kNumbersOffset + 16 * i], header.first_numbers[i]);
    put(&out[kNumbersOffset + 16 * i + 8], header.next_numbers[i]);
  }
  put(&out[8], XXH3_64bits(&out[16], kHeaderBytes - 16));
}

Result<SegmentHeader> decode_segment_header(std::span<const std::byte, kHeaderBytes> bytes) {
  if (get<uint64_t>(&bytes[0]) != kSegmentMagic ||
      get<uint64_t>(&bytes[8]) != XXH3_64bits(&bytes[16], kHeaderBytes - 16))
    return fail(ErrorCode::kCorruption, "the segment's header is damaged");
  if (const auto version = get<uint32_t>(&bytes[16]); version != kVersion)
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the log has format version {}, this program reads version {} only; nothing was changed",
                            version, kVersion));
  const auto sequencers = get<uint32_t>(&bytes[20]);
  if (sequencers == 0 || sequencers > kSequencersMax)
    return fail(ErrorCode::kCorruption, fmt::format("the segment's header names {} sequencers", sequencers));
  SegmentHeader header;
  std::memcpy(header.log_id.bytes.data(), &bytes[24], header.log_id.bytes.size());
  header.segment = get<uint64_t>(&bytes[40]);
  header.file_bytes = get<uint64_t>(&bytes[48]);
  header.previous_end = get<uint64_t>(&bytes[56]);
  for (size_t i = 0; i < sequencers; ++i) {
    header.first_numbers.push_back(get<uint64_t>(&bytes[kNumbersOffset + 16 * i]));
    header.next_numbers.push_back(get<uint64_t>(&bytes[kNumbersOffset + 16 * i + 8]));
  }
  return header;
}

uint64_t checksum_seed(const model::Uuid& log_id, uint64_t segment) {
  return XXH3_64bits_withSeed(log_id.bytes.data(), log_id.bytes.size(), segment);
}

void encode(const BatchHeader& header, uint64_t seed, std::span<std::byte, kBatchHeaderBytes> out) {
  put(&out[0], kBatchMagic);
  put(&out[4], header.record_count);
  put(&out[8], header.body_checksum);
  put(&out[16], header.offset);
  put(&out[24], header.body_bytes);
  put(&out[32], header.synced_offset);
  put(&out[40], header.sequencers);
  put(&out[kBatchChecksumOffset], batch_header_checksum(out.data(), seed));
}

std::optional<BatchHeader> decode_batch_header(std::span<const std::byte, kBatchHeaderBytes> bytes, uint64_t seed,
                                               uint64_t offset, uint64_t file_bytes) {
  if (!may_be_batch(bytes) || get<uint64_t>(&bytes[kBatchChecksumOffset]) != batch_header_checksum(bytes.data(), seed))
    return std::nullopt;
  BatchHeader header;
  header.record_count = get<uint32_t>(&bytes[4]);
  header.body_checksum = get<uint64_t>(&bytes[8]);
  header.offset = get<uint64_t>(&bytes[16]);
  header.body_bytes = get<uint64_t>(&bytes[24]);
  header.synced_offset = get<uint64_t>(&bytes[32]);
  header.sequencers = get<uint64_t>(&bytes[40]);
  if (header.offset != offset || header.offset % kBatchAlignment != 0 || header.body_bytes > file_bytes ||
      header.end() > file_bytes)
    return std::nullopt;
  return header;
}

BatchHeader moved_to(uint64_t offset, const BatchHeader& header, std::span<const std::byte> body, uint64_t seed) {
  BatchHeader moved = header;
  moved.offset = offset;
  moved.synced_offset = kDataOffset;
  moved.body_checksum = body_checksum(body, seed);
  return moved;
}

bool may_be_batch(std::span<const std::byte> bytes) { return get<uint32_t>(bytes.data()) == kBatchMagic; }

bool is_intact(const BatchHeader& header, std::span<const std::byte> body, uint64_t seed) {
  return body_checksum(body, seed) == header.body_checksum;
}

size_t record_bytes(const Record& record) {
  return kRecordHeaderBytes + headers_bytes(record.headers) + record.payload.size();
}

BlockMemory make_block_memory(size_t bytes) {
  return BlockMemory(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{kBlockBytes})));
}

void BatchBuilder::clear() {
  reserve(kBlockBytes);
  used_bytes_ = kBatchHeaderBytes;
  sequencers_ = 0;
  record_count_ = 0;
}

void BatchBuilder::add(const StoredAt& stored_at, const Record& record) {
  const size_t end = used_bytes_ + record_bytes(record);
  reserve(end);
  std::byte* to = memory_.get() + used_bytes_;
  put(to, stored_at.sequence.sequencer.value);
  put(to + 4, stored_at.sequence.number.value);
  put(to + 12, stored_at.written_at.nanos);
  put(to + 20, static_cast<uint32_t>(headers_bytes(record.headers)));
  put(to + 24, static_cast<uint64_t>(record.payload.size()));
  to += kRecordHeaderBytes;
  put(to, static_cast<uint32_t>(record.headers.size()));
  to += 4;
  for (const auto& [key, value] : record.headers) {
    put(to, static_cast<uint32_t>(key.size()));
    put(to + 4, static_cast<uint32_t>(value.size()));
    std::ranges::copy(std::as_bytes(std::span(key)), to + 8);
    std::ranges::copy(std::as_bytes(std::span(value)), to + 8 + key.size());
    to += 8 + key.size() + value.size();
  }
  std::ranges::copy(std::as_bytes(std::span(record.payload)), to);
  used_bytes_ = end;
  sequencers_ |= uint64_t{1} << stored_at.sequence.sequencer.value;
  ++record_count_;
}

std::span<const std::byte> BatchBuilder::seal(uint64_t seed, uint64_t offset, uint64_t synced_offset) {
  const auto bytes = std::span(memory_.get(), sealed_bytes());
  std::ranges::fill(bytes.subspan(used_bytes_), std::byte{0});
  const auto body = bytes.first(used_bytes_).subspan(kBatchHeaderBytes);
  const BatchHeader header{offset, body.size(), synced_offset, sequencers_, body_checksum(body, seed), record_count_};
  encode(header, seed, bytes.first<kBatchHeaderBytes>());
  return bytes;
}

void BatchBuilder::reserve(size_t bytes) {
  if (bytes <= capacity_) return;
  const size_t capacity = aligned(std::max(bytes, 2 * capacity_));
  BlockMemory larger = make_block_memory(capacity);
  if (used_bytes_ > 0) std::memcpy(larger.get(), memory_.get(), used_bytes_);
  memory_ = std::move(larger);
  capacity_ = capacity;
}

Result<std::optional<RecordCursor::View>> RecordCursor::next() {
  if (left_ == 0) return std::optional<View>();
  const auto bad = [] { return fail(ErrorCode::kCorruption, "a record's length does not fit its batch"); };
  if (rest_.size() < kRecordHeaderBytes) return bad();
  View view;
  view.stored_at.sequence.sequencer.value = get<uint32_t>(&rest_[0]);
  view.stored_at.sequence.number.value = get<uint64_t>(&rest_[4]);
  view.stored_at.written_at.nanos = get<int64_t>(&rest_[12]);
  const auto header_bytes = get<uint32_t>(&rest_[20]);
  const auto payload_bytes = get<uint64_t>(&rest_[24]);
  rest_ = rest_.subspan(kRecordHeaderBytes);
  if (header_bytes > rest_.size() || payload_bytes > rest_.size() - header_bytes) return bad();
  view.headers = rest_.first(header_bytes);
  view.payload = {reinterpret_cast<const char*>(rest_.data()) + header_bytes, payload_bytes};
  rest_ = rest_.subspan(header_bytes + payload_bytes);
  --left_;
  return view;
}

Result<Headers> decode_headers(std::span<const std::byte> bytes) {
  const auto bad = [] { return fail(ErrorCode::kCorruption, "a record's headers cannot be read"); };
  if (bytes.size() < 4) return bad();
  const auto count = get<uint32_t>(bytes.data());
  bytes = bytes.subspan(4);
  Headers headers;
  for (uint32_t i = 0; i < count; ++i) {
    if (bytes.size() < 8) return bad();
    const auto key_bytes = get<uint32_t>(&bytes[0]);
    const auto value_bytes = get<uint32_t>(&bytes[4]);
    bytes = bytes.subspan(8);
    if (key_bytes > bytes.size() || value_bytes > bytes.size() - key_bytes) return bad();
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    headers.emplace_back(std::string(text, key_bytes), std::string(text + key_bytes, value_bytes));
    bytes = bytes.subspan(size_t{key_bytes} + value_bytes);
  }
  return headers;
}

}  // namespace magnetite::write_buffer::format
