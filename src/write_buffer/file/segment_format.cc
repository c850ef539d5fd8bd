#include "write_buffer/file/segment_format.h"

#include <xxhash.h>

#include <cstring>

#include "base/check.h"

namespace magnetite::write_buffer::format {
namespace {

constexpr uint64_t kSegmentMagic = 0x31474F4C4E47414D;  // "MAGNLOG1", little-endian
constexpr uint32_t kVersion = 1;
constexpr uint32_t kBatchMagic = 0x5441424D;  // "MBAT"
constexpr size_t kRecordHeaderBytes = 4 + 8 + 8 + 4 + 8;

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

// A batch belongs to one place of one log: the same bytes elsewhere do not verify.
uint64_t seed(const model::Uuid& log_id, uint64_t segment) {
  return XXH3_64bits_withSeed(log_id.bytes.data(), log_id.bytes.size(), segment);
}

constexpr size_t kChecksumOffset = 8;  // of a batch; covers what follows it

uint64_t batch_checksum(std::span<const std::byte> batch, const model::Uuid& log_id, uint64_t segment) {
  const std::span<const std::byte> covered = batch.subspan(kChecksumOffset + 8);
  return XXH3_64bits_withSeed(covered.data(), covered.size(), seed(log_id, segment));
}

size_t headers_bytes(const Headers& headers) {
  size_t bytes = 4;
  for (const auto& [key, value] : headers) bytes += 8 + key.size() + value.size();
  return bytes;
}

}  // namespace

void encode(const SegmentHeader& header, std::span<std::byte, kHeaderBytes> out) {
  MAGNETITE_CHECK(header.next_numbers.size() <= kSequencersMax);
  std::ranges::fill(out, std::byte{0});
  put(&out[0], kSegmentMagic);
  put(&out[16], kVersion);
  put(&out[20], static_cast<uint32_t>(header.next_numbers.size()));
  std::memcpy(&out[24], header.log_id.bytes.data(), header.log_id.bytes.size());
  put(&out[40], header.segment);
  put(&out[48], header.previous_end);
  for (size_t i = 0; i < header.next_numbers.size(); ++i) put(&out[56 + 8 * i], header.next_numbers[i]);
  put(&out[8], XXH3_64bits(&out[16], kHeaderBytes - 16));
}

std::optional<SegmentHeader> decode_segment_header(std::span<const std::byte, kHeaderBytes> bytes) {
  if (get<uint64_t>(&bytes[0]) != kSegmentMagic) return std::nullopt;
  if (get<uint64_t>(&bytes[8]) != XXH3_64bits(&bytes[16], kHeaderBytes - 16)) return std::nullopt;
  if (get<uint32_t>(&bytes[16]) != kVersion) return std::nullopt;
  const auto sequencers = get<uint32_t>(&bytes[20]);
  if (sequencers == 0 || sequencers > kSequencersMax) return std::nullopt;
  SegmentHeader header;
  std::memcpy(header.log_id.bytes.data(), &bytes[24], header.log_id.bytes.size());
  header.segment = get<uint64_t>(&bytes[40]);
  header.previous_end = get<uint64_t>(&bytes[48]);
  for (size_t i = 0; i < sequencers; ++i) header.next_numbers.push_back(get<uint64_t>(&bytes[56 + 8 * i]));
  return header;
}

size_t record_bytes(const Record& record) {
  return kRecordHeaderBytes + headers_bytes(record.headers) + record.payload.size();
}

void BatchBuilder::clear() {
  bytes_.assign(kBatchHeaderBytes, std::byte{0});
  record_count_ = 0;
}

void BatchBuilder::add(const StoredAt& stored_at, const Record& record) {
  size_t at = bytes_.size();
  const size_t end = at + record_bytes(record);
  if (bytes_.capacity() < end) bytes_.reserve(std::max(end, 2 * bytes_.capacity()));
  bytes_.resize(at + kRecordHeaderBytes + headers_bytes(record.headers));
  std::byte* to = bytes_.data() + at;
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
    std::memcpy(to + 8, key.data(), key.size());
    std::memcpy(to + 8 + key.size(), value.data(), value.size());
    to += 8 + key.size() + value.size();
  }
  const auto* payload = reinterpret_cast<const std::byte*>(record.payload.data());
  bytes_.insert(bytes_.end(), payload, payload + record.payload.size());
  ++record_count_;
}

std::span<const std::byte> BatchBuilder::seal(const model::Uuid& log_id, uint64_t segment, uint64_t offset,
                                              uint64_t synced_offset) {
  bytes_.resize((bytes_.size() + kBatchAlignment - 1) / kBatchAlignment * kBatchAlignment);
  std::byte* to = bytes_.data();
  put(to, kBatchMagic);
  put(to + 4, record_count_);
  put(to + 16, offset);
  put(to + 24, static_cast<uint64_t>(bytes_.size() - kBatchHeaderBytes));
  put(to + 32, synced_offset);
  put(to + 40, uint64_t{0});
  put(to + kChecksumOffset, batch_checksum(bytes_, log_id, segment) ^ record_count_);
  return bytes_;
}

std::optional<BatchHeader> decode_batch_header(std::span<const std::byte> bytes, uint64_t offset, uint64_t segment_bytes) {
  if (bytes.size() < kBatchHeaderBytes || get<uint32_t>(bytes.data()) != kBatchMagic) return std::nullopt;
  BatchHeader header;
  header.record_count = get<uint32_t>(bytes.data() + 4);
  header.offset = get<uint64_t>(bytes.data() + 16);
  header.body_bytes = get<uint64_t>(bytes.data() + 24);
  header.synced_offset = get<uint64_t>(bytes.data() + 32);
  if (header.offset != offset || header.body_bytes > segment_bytes || header.body_bytes % kBatchAlignment != 0 ||
      offset + kBatchHeaderBytes + header.body_bytes > segment_bytes)
    return std::nullopt;
  return header;
}

bool is_intact(std::span<const std::byte> batch, const model::Uuid& log_id, uint64_t segment) {
  const auto record_count = get<uint32_t>(batch.data() + 4);
  return get<uint64_t>(batch.data() + kChecksumOffset) == (batch_checksum(batch, log_id, segment) ^ record_count);
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
