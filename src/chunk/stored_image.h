// Images whose bytes lie elsewhere and of which nothing need be in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/mutex.h"
#include "base/result.h"
#include "chunk/image.h"

namespace magnetite::chunk {

struct CacheSlot;

// Footers and series indices of stored images, least recently used first out, within a budget of bytes. Shared by a
// whole server. Thread-safe.
class FooterCache {
 public:
  explicit FooterCache(size_t bytes_max);
  ~FooterCache();

  CacheStatistics statistics() const;

 private:
  friend class StoredImage;
  using Image = std::shared_ptr<const chunk::Image>;

  uint64_t new_key();
  Image find(uint64_t key);  // nullptr: not there
  void keep(uint64_t key, Image image);
  void forget(uint64_t key);

  struct State;
  mutable Mutex mutex_;
  std::unique_ptr<State> state_;
};

// Opens its image when first asked and again after the cache has dropped it. Decoded columns outlive that. Thread-safe;
// two threads that find nothing may both read.
class StoredImage {
 public:
  StoredImage(std::shared_ptr<const ImageSource> source, std::shared_ptr<FooterCache> footers,
              std::shared_ptr<DecodedCache> cache);
  // Goes on with what `image` knows, whose bytes are in `source` too.
  static Result<std::unique_ptr<StoredImage>> of(const Image& image, std::shared_ptr<const ImageSource> source,
                                                 std::shared_ptr<FooterCache> footers);
  ~StoredImage();
  StoredImage(const StoredImage&) = delete;
  StoredImage& operator=(const StoredImage&) = delete;

  // May block to read. Whoever holds the result keeps it.
  Result<std::shared_ptr<const Image>> image() const;

 private:
  StoredImage(std::shared_ptr<const ImageSource> source, std::shared_ptr<FooterCache> footers,
              std::shared_ptr<const CacheSlot> slot);

  const std::shared_ptr<const ImageSource> source_;
  const std::shared_ptr<FooterCache> footers_;
  const std::shared_ptr<const CacheSlot> slot_;
  const uint64_t key_;
};

}  // namespace magnetite::chunk
