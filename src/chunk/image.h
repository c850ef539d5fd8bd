// The Parquet image of a chunk: the same bytes in memory and in an object store. docs/formats/parquet_image.md.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "chunk/decoded_cache.h"
#include "chunk/image_facts.h"
#include "chunk/image_source.h"
#include "chunk/image_writer.h"
#include "chunk/sorted_chunk.h"
#include "model/ids.h"

namespace magnetite::chunk {

// Immutable; thread-safe. Keeps footer, series index and summaries decoded; columns go through the cache.
class Image : public SortedChunk {
 public:
  // kCorruption with the reason; never trusts a length or offset before checking it. `schema` maps field ids.
  static Result<std::shared_ptr<const Image>> open(ImageBytes bytes, std::shared_ptr<DecodedCache> cache);

  virtual const ImageIdentity& identity() const = 0;
  virtual const ImageBytes& bytes() const = 0;
  virtual size_t memory_bytes() const = 0;  // image, footer and series index
};

}  // namespace magnetite::chunk
