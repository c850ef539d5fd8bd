// Images whose bytes lie elsewhere and of which nothing need be in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "chunk/image.h"

namespace magnetite::chunk {

// Footers and series indices of stored images, least recently used first out, within a budget of bytes. Shared by a
// whole server. Thread-safe.
class FooterCache {
 public:
  explicit FooterCache(size_t bytes_max);
  ~FooterCache();

  size_t bytes() const;
  size_t bytes_max() const;

 private:
  friend class StoredImage;
  struct State;
  std::unique_ptr<State> state_;
};

// Opens its image when first asked and again after the cache has dropped it. Decoded columns outlive the footer.
// Thread-safe.
class StoredImage {
 public:
  StoredImage(std::shared_ptr<const ImageSource> source, std::shared_ptr<FooterCache> footers,
              std::shared_ptr<DecodedCache> cache);
  // What `image` knows goes on as if it had been opened here.
  StoredImage(const Image& image, std::shared_ptr<const ImageSource> source, std::shared_ptr<FooterCache> footers);
  ~StoredImage();

  // May block to read; whoever holds the result keeps it whole.
  Result<std::shared_ptr<const Image>> image() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace magnetite::chunk
