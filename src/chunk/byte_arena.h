// Bytes that never move: blocks that double from small to large. One writer; what was stored may be read by anyone who
// learnt of it in a synchronised way.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace magnetite::chunk {

class ByteArena {
 public:
  // `alignment` is a power of two up to 16.
  char* allocate(size_t size, size_t alignment = 1) {
    size_t at = (used_ + alignment - 1) & ~(alignment - 1);
    if (at + size > capacity_) {
      capacity_ = std::max(size, next_capacity_);
      next_capacity_ = std::min(next_capacity_ * 2, kBlockBytesMax);
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(capacity_));
      bytes_ += capacity_;
      at = 0;
    }
    used_ = at + size;
    return blocks_.back().get() + at;
  }

  std::string_view store(std::string_view text) {
    if (text.empty()) return {};
    char* to = allocate(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  size_t bytes() const { return bytes_; }

 private:
  static constexpr size_t kBlockBytesMax = 1024 * 1024;

  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t used_ = 0;
  size_t capacity_ = 0;
  size_t next_capacity_ = 1024;
  size_t bytes_ = 0;
};

}  // namespace magnetite::chunk
