#include "base/sim/paged_bytes.h"

#include <algorithm>

#include "base/check.h"

namespace magnetite::sim {

PagedBytes::Page& PagedBytes::writable_page(size_t index) {
  std::shared_ptr<Page>& page = pages_[index];
  if (page == nullptr)
    page = std::make_shared<Page>();
  else if (page.use_count() > 1)
    page = std::make_shared<Page>(*page);
  return *page;
}

void PagedBytes::resize(uint64_t size) {
  if (size < size_ && size % kPageBytes != 0) {
    const size_t last = size / kPageBytes;
    if (pages_[last] != nullptr)
      std::ranges::fill(std::span(writable_page(last).bytes).subspan(size % kPageBytes), std::byte{});
  }
  pages_.resize((size + kPageBytes - 1) / kPageBytes);
  size_ = size;
}

void PagedBytes::write(uint64_t offset, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  if (offset + bytes.size() > size_) resize(offset + bytes.size());
  while (!bytes.empty()) {
    const size_t within = offset % kPageBytes;
    const size_t count = std::min(bytes.size(), kPageBytes - within);
    std::ranges::copy(bytes.first(count), writable_page(offset / kPageBytes).bytes + within);
    offset += count;
    bytes = bytes.subspan(count);
  }
}

void PagedBytes::read(uint64_t offset, std::span<std::byte> out) const {
  MAGNETITE_CHECK(offset <= size_ && out.size() <= size_ - offset);
  while (!out.empty()) {
    const size_t within = offset % kPageBytes;
    const size_t count = std::min(out.size(), kPageBytes - within);
    if (const auto& page = pages_[offset / kPageBytes]; page != nullptr)
      std::ranges::copy(std::span(page->bytes).subspan(within, count), out.begin());
    else
      std::ranges::fill(out.first(count), std::byte{});
    offset += count;
    out = out.subspan(count);
  }
}

}  // namespace magnetite::sim
