// Where the bytes of an image are: in memory, in a scratch file, in an object store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/result.h"

namespace magnetite::chunk {

using ImageBytes = std::shared_ptr<const std::vector<std::byte>>;

// Bytes and what keeps them.
struct SourceBytes {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

// Immutable; thread-safe; calls may block. Sources of one image return the same bytes.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  virtual std::string name() const = 0;  // for errors
  virtual uint64_t size() const = 0;
  // Exactly `size` bytes within the file, or an error (kUnavailable, kNotFound, ...), which readers pass on.
  virtual Result<SourceBytes> read(uint64_t offset, uint64_t size) const = 0;
};

std::shared_ptr<const ImageSource> memory_source(ImageBytes bytes);
Result<std::shared_ptr<const ImageSource>> file_source(std::unique_ptr<File> file, std::string name);

}  // namespace magnetite::chunk
