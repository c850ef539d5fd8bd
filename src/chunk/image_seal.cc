#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "chunk/image_format.h"

namespace magnetite::chunk {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr size_t kTailBytes = 8;  // footer length and magic

// Where the digits are: the value of the last such key in the footer, in Thrift's compact protocol (field 2, a string
// of 16 bytes).
std::optional<size_t> find_digits(std::string_view file) {
  if (file.size() < kMagic.size() + kTailBytes || !file.starts_with(kMagic) || !file.ends_with(kMagic))
    return std::nullopt;
  uint32_t footer_bytes = 0;
  std::memcpy(&footer_bytes, file.data() + file.size() - kTailBytes, sizeof(footer_bytes));
  if (footer_bytes > file.size() - kTailBytes - kMagic.size()) return std::nullopt;
  const size_t footer_begin = file.size() - kTailBytes - footer_bytes;
  const std::string_view footer = file.substr(footer_begin, footer_bytes);
  const std::string pattern = std::string(kChecksumKey) + '\x18' + static_cast<char>(kChecksumDigits);
  const size_t at = footer.rfind(pattern);
  if (at == std::string_view::npos || at + pattern.size() + kChecksumDigits > footer.size()) return std::nullopt;
  return footer_begin + at + pattern.size();
}

std::string checksum_of(std::string_view file, size_t digits_at) {
  struct StateDeleter {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  const std::unique_ptr<XXH3_state_t, StateDeleter> state(XXH3_createState());
  XXH3_64bits_reset(state.get());
  const std::string zeros(kChecksumDigits, '0');
  const size_t after = digits_at + kChecksumDigits;
  XXH3_64bits_update(state.get(), file.data(), digits_at);
  XXH3_64bits_update(state.get(), zeros.data(), zeros.size());
  XXH3_64bits_update(state.get(), file.data() + after, file.size() - after);
  uint64_t hash = XXH3_64bits_digest(state.get());
  std::string digits(kChecksumDigits, '0');
  for (size_t i = kChecksumDigits; i > 0; --i, hash >>= 4) digits[i - 1] = "0123456789abcdef"[hash & 15];
  return digits;
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<> seal(std::span<std::byte> file) {
  const std::optional<size_t> at = find_digits(text_of(file));
  if (!at) return fail(ErrorCode::kInternal, "the footer of a Parquet image has no place for its checksum");
  const std::string digits = checksum_of(text_of(file), *at);
  std::memcpy(file.data() + *at, digits.data(), digits.size());
  return {};
}

Result<> verify_seal(std::span<const std::byte> file) {
  const std::string_view text = text_of(file);
  const std::optional<size_t> at = find_digits(text);
  if (!at) return fail(ErrorCode::kCorruption, "no Parquet image: its beginning, end or checksum is missing");
  if (text.substr(*at, kChecksumDigits) != checksum_of(text, *at))
    return fail(ErrorCode::kCorruption, "the checksum of the Parquet image does not match its bytes");
  return {};
}

}  // namespace magnetite::chunk
