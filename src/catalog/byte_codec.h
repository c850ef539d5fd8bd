// Numbers and texts as bytes. The reader never leaves its input and never believes a count that cannot fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "model/ids.h"

namespace magnetite::catalog {

class ByteWriter {
 public:
  // Seven bits a byte, lowest first.
  void number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::byte>(value | 0x80));
    bytes_.push_back(static_cast<std::byte>(value));
  }
  void signed_number(int64_t value) {  // zigzag
    number((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void fixed32(uint32_t value) { raw(&value, sizeof value); }
  void fixed64(uint64_t value) { raw(&value, sizeof value); }
  void uuid(const model::Uuid& uuid) { raw(uuid.bytes.data(), uuid.bytes.size()); }
  void text(std::string_view text) {
    number(text.size());
    raw(text.data(), text.size());
  }
  void bytes(std::span<const std::byte> bytes) { raw(bytes.data(), bytes.size()); }

  std::span<const std::byte> view() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  std::vector<std::byte> take() && { return std::move(bytes_); }

 private:
  void raw(const void* data, size_t size) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), first, first + size);
  }
  std::vector<std::byte> bytes_;
};

// Once something did not fit, ok() is false and everything reads as zero or empty.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

  uint64_t number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = std::to_integer<uint64_t>(rest_.front());
      rest_ = rest_.subspan(1);
      // The tenth byte has room for one bit; a last byte of zero would be a second spelling.
      if ((shift == 63 && byte > 1) || (shift > 0 && byte == 0)) break;
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return breach();
  }
  int64_t signed_number() {
    const uint64_t value = number();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }
  uint32_t number32() {
    const uint64_t value = number();
    return value <= UINT32_MAX ? static_cast<uint32_t>(value) : static_cast<uint32_t>(breach());
  }
  uint32_t fixed32() { return fixed<uint32_t>(); }
  uint64_t fixed64() { return fixed<uint64_t>(); }
  model::Uuid uuid() { return fixed<model::Uuid>(); }
  std::string_view text() {
    const uint64_t size = number();
    if (size > rest_.size()) breach();
    if (!ok_) return {};
    const auto bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  // Of items that take at least `bytes_each`.
  size_t count(size_t bytes_each) {
    const uint64_t value = number();
    return value <= rest_.size() / bytes_each ? static_cast<size_t>(value) : static_cast<size_t>(breach());
  }
  uint64_t breach() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

 private:
  template <class Value>
  Value fixed() {
    Value value{};
    if (rest_.size() < sizeof value) {
      breach();
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_ = rest_.subspan(sizeof value);
    return value;
  }
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace magnetite::catalog
