// Copies of short texts without a call: a result is made of millions of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace magnetite::result_format {

// Does one of these eight bytes need an escape in JSON: a control character, a quote or a backslash?
constexpr bool any_needs_json_escape(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = kOnes * 0x80;
  const auto zero_byte = [](uint64_t x) { return (x - kOnes) & ~x & kHighs; };
  return ((((word - kOnes * 0x20) & ~word & kHighs) | zero_byte(word ^ (kOnes * '"')) |
           zero_byte(word ^ (kOnes * '\\')))) != 0;
}

// Copies `text` and returns the end of the copy, or nullptr when a byte of it needs an escape (what was copied then
// means nothing).
inline char* copy_if_plain_json(std::string_view text, char* at) {
  const char* from = text.data();
  const size_t size = text.size();
  bool escape = false;
  if (size >= 8) {
    const auto copy = [&](size_t offset) {
      uint64_t word;
      std::memcpy(&word, from + offset, 8);
      std::memcpy(at + offset, &word, 8);
      escape = escape || any_needs_json_escape(word);
    };
    for (size_t offset = 0; offset + 8 < size; offset += 8) copy(offset);
    copy(size - 8);  // overlaps what is there
  } else if (size >= 4) {
    uint32_t first;
    uint32_t last;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + size - 4, 4);
    std::memcpy(at, &first, 4);
    std::memcpy(at + size - 4, &last, 4);
    escape = any_needs_json_escape(uint64_t{first} << 32 | last);
  } else {
    uint64_t word = 0x2020202020202020;
    for (size_t i = 0; i < size; ++i) {
      at[i] = from[i];
      word = word << 8 | static_cast<uint8_t>(from[i]);
    }
    escape = any_needs_json_escape(word);
  }
  return escape ? nullptr : at + size;
}

// A text that is written often: copied in blocks, so up to kBlock - 1 bytes behind the copy are overwritten.
class BlockText {
 public:
  static constexpr size_t kBlock = 16;

  explicit BlockText(std::string_view text) : size_(text.size()), blocks_(text) {
    blocks_.resize((size_ + kBlock - 1) / kBlock * kBlock);
  }
  size_t size() const { return size_; }
  char* write(char* at) const {
    for (size_t offset = 0; offset < size_; offset += kBlock) std::memcpy(at + offset, blocks_.data() + offset, kBlock);
    return at + size_;
  }

 private:
  size_t size_;
  std::string blocks_;
};

}  // namespace magnetite::result_format
