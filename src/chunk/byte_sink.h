// Where the bytes of a file go that is written from front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/disk.h"
#include "base/result.h"

namespace magnetite::chunk {

// Not thread-safe. After a failure nothing more is appended.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Takes all of it or fails; the error reaches whoever asked for the file to be written.
  virtual Result<> append(std::span<const std::byte> bytes) = 0;
};

class MemorySink final : public ByteSink {
 public:
  Result<> append(std::span<const std::byte> bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }
  void reserve(size_t bytes) { bytes_.reserve(bytes); }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

// Into an empty file. finish() writes what is still held back; syncing is the caller's.
class FileSink final : public ByteSink {
 public:
  explicit FileSink(File& file) : file_(file) {}  // outlives it
  Result<> append(std::span<const std::byte> bytes) override;
  Result<> finish();

 private:
  File& file_;
  uint64_t written_ = 0;
  std::vector<std::byte> held_;  // small writes are gathered
};

}  // namespace magnetite::chunk
