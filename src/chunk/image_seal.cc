#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <bit>
#include <charconv>
#include <cstring>

#include "chunk/image_format.h"

namespace magnetite::chunk {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr size_t kSealDigits = 2 * kChecksumDigits;  // beginning of the tail, checksum

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::unexpected<Error> damaged(const char* what) {
  return fail(ErrorCode::kCorruption, std::string("the Parquet image is damaged: ") + what);
}

// Where the digits are: the value of the last such key, in Thrift's compact protocol (field 2, a string of 32 bytes).
// Found before anything is parsed, since nothing is parsed that is not verified.
std::optional<size_t> find_digits(std::string_view text) {
  const std::string pattern = std::string(kSealKey) + '\x18' + static_cast<char>(kSealDigits);
  const size_t at = text.rfind(pattern);
  if (at == std::string_view::npos || text.size() - at - pattern.size() < kSealDigits) return std::nullopt;
  return at + pattern.size();
}

uint64_t tail_checksum(std::string_view tail, size_t digits_at) {
  const size_t zeros_at = digits_at + kChecksumDigits;
  const std::string zeros(kChecksumDigits, '0');
  RunningChecksum sum;
  sum.add(std::as_bytes(std::span(tail.substr(0, zeros_at))));
  sum.add(std::as_bytes(std::span(zeros)));
  sum.add(std::as_bytes(std::span(tail.substr(zeros_at + kChecksumDigits))));
  return sum.value();
}

}  // namespace

uint64_t checksum_of(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

struct RunningChecksum::State {
  XXH3_state_t state;  // aligned to a cache line by its type
};
RunningChecksum::RunningChecksum() : state_(std::make_unique<State>()) { reset(); }
RunningChecksum::~RunningChecksum() = default;
void RunningChecksum::reset() { XXH3_64bits_reset(&state_->state); }
void RunningChecksum::add(std::span<const std::byte> bytes) {
  XXH3_64bits_update(&state_->state, bytes.data(), bytes.size());
}
uint64_t RunningChecksum::value() const { return XXH3_64bits_digest(&state_->state); }

std::string checksum_text(uint64_t checksum) { return fmt::format("{:016x}", checksum); }

std::optional<uint64_t> parse_checksum(std::string_view text) {
  uint64_t value = 0;
  if (text.size() != kChecksumDigits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size() || checksum_text(value) != text) return std::nullopt;
  return value;
}

std::string unsealed(uint64_t tail_begin) { return checksum_text(tail_begin) + checksum_text(0); }

Result<uint64_t> seal(std::span<std::byte> tail) {
  const std::optional<size_t> at = find_digits(text_of(tail));
  if (!at) return fail(ErrorCode::kInternal, "the footer of a Parquet image has no place for its checksum");
  const uint64_t checksum = tail_checksum(text_of(tail), *at);
  std::memcpy(tail.data() + *at + kChecksumDigits, checksum_text(checksum).data(), kChecksumDigits);
  return checksum;
}

Result<Seal> find_seal(std::span<const std::byte> footer_and_end) {
  const std::string_view text = text_of(footer_and_end);
  const std::optional<size_t> at = find_digits(text);
  if (!at) return damaged("no checksum in its footer");
  const std::optional<uint64_t> tail_begin = parse_checksum(text.substr(*at, kChecksumDigits));
  const std::optional<uint64_t> checksum = parse_checksum(text.substr(*at + kChecksumDigits, kChecksumDigits));
  if (!tail_begin || !checksum) return damaged("its checksum is no number");
  return Seal{*tail_begin, *checksum};
}

Result<> verify_seal(std::span<const std::byte> tail) {
  const std::string_view text = text_of(tail);
  const std::optional<size_t> at = find_digits(text);
  if (!at) return damaged("no checksum in its footer");
  const std::optional<uint64_t> checksum = parse_checksum(text.substr(*at + kChecksumDigits, kChecksumDigits));
  if (checksum != tail_checksum(text, *at)) return damaged("the checksum of its footer does not match");
  return {};
}

Result<uint64_t> footer_bytes_of(std::span<const std::byte> file_end, uint64_t file_bytes) {
  if (file_end.size() < kParquetEndBytes || !text_of(file_end).ends_with(kParquetMagic))
    return damaged("it does not end as Parquet files do");
  uint32_t footer_bytes = 0;
  std::memcpy(&footer_bytes, file_end.data() + file_end.size() - kParquetEndBytes, sizeof(footer_bytes));
  if (footer_bytes > file_bytes - kParquetEndBytes) return damaged("its footer is longer than the file");
  return footer_bytes;
}

}  // namespace magnetite::chunk
