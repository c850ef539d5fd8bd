#include "chunk/byte_sink.h"

namespace magnetite::chunk {

// Parquet writes pages with small headers between them; one system call for many of them.
constexpr size_t kHeldBytesMax = 1024 * 1024;

Result<> FileSink::append(std::span<const std::byte> bytes) {
  if (held_.size() + bytes.size() > kHeldBytesMax) MAGNETITE_RETURN_IF_ERROR(finish());
  if (bytes.size() < kHeldBytesMax) {
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    return {};
  }
  MAGNETITE_RETURN_IF_ERROR(file_.write_at(written_, bytes));
  written_ += bytes.size();
  return {};
}

Result<> FileSink::finish() {
  if (held_.empty()) return {};
  MAGNETITE_RETURN_IF_ERROR(file_.write_at(written_, held_));
  written_ += held_.size();
  held_.clear();
  return {};
}

}  // namespace magnetite::chunk
