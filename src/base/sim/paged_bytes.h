// The bytes of a simulated file, in pages shared between copies: a copy costs a pointer per page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace magnetite::sim {

class PagedBytes {
 public:
  uint64_t size() const { return size_; }
  // New bytes are zero.
  void resize(uint64_t size);
  // Grows as needed.
  void write(uint64_t offset, std::span<const std::byte> bytes);
  // offset + out.size() <= size().
  void read(uint64_t offset, std::span<std::byte> out) const;

 private:
  static constexpr size_t kPageBytes = 16 * 1024;
  struct Page {
    std::byte bytes[kPageBytes] = {};
  };
  Page& writable_page(size_t index);

  std::vector<std::shared_ptr<Page>> pages_;  // nullptr: all zero
  uint64_t size_ = 0;
};

}  // namespace magnetite::sim
