// Internal: what is known of an image wherever its bytes are, and how it is learnt.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "base/result.h"
#include "chunk/decoded_cache.h"
#include "chunk/image.h"
#include "chunk/image_footer.h"

namespace magnetite::chunk {

// A name in the cache of decoded columns, which forgets them with it.
struct CacheSlot {
  explicit CacheSlot(std::shared_ptr<DecodedCache> in) : cache(std::move(in)), key(cache->new_image_key()) {}
  ~CacheSlot() { cache->forget(key); }
  CacheSlot(const CacheSlot&) = delete;
  CacheSlot& operator=(const CacheSlot&) = delete;

  const std::shared_ptr<DecodedCache> cache;
  const uint64_t key;
};

// Immutable.
struct ImageParts {
  ImageFooter footer;
  std::unique_ptr<const SeriesIndex> index;
  uint64_t file_bytes = 0;
  uint64_t checksum = 0;
  std::shared_ptr<const CacheSlot> slot;
};

// The end of a file, verified, and the footer in it.
struct ImageEnd {
  SourceBytes held;  // what was read: at least the sealed tail
  uint64_t held_begin = 0;
  uint64_t tail_begin = 0;
  uint64_t checksum = 0;
  ImageFooter footer;
};
Result<ImageEnd> read_end(const ImageSource& source);

Result<std::unique_ptr<const SeriesIndex>> read_series(const ImageSource& source, ImageEnd& end);

// Everything before the tail against its checksums.
Result<> verify_body(const ImageSource& source, const ImageFooter& footer);

// Reads the end only.
Result<std::shared_ptr<const Image>> open_image(std::shared_ptr<const ImageSource> source,
                                                std::shared_ptr<const CacheSlot> slot);

}  // namespace magnetite::chunk
