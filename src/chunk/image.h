// The Parquet image of a chunk: the same bytes in memory and in an object store. docs/formats/parquet_image.md.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "chunk/decoded_cache.h"
#include "chunk/sorted_chunk.h"
#include "model/ids.h"

namespace magnetite::chunk {

enum class Compression : uint8_t { kLz4Raw, kZstd };

struct ImageOptions {
  uint64_t row_group_rows = 122'880;
  Compression compression = Compression::kZstd;
  int compression_level = 1;
};

// What the file says about itself beside its rows.
struct ImageIdentity {
  std::string database;
  model::Uuid database_uuid;
  std::string partition_key;
  model::ChunkId chunk;
  model::ChunkOrder order;
};

using ImageBytes = std::shared_ptr<const std::vector<std::byte>>;

// Encodes `rows`: tags dictionary-encoded, statistics, page index, field ids, our metadata and the CRC. Writes row
// group by row group.
Result<ImageBytes> write_image(const SortedChunk& rows, const schema::TableSchema& schema,
                               const ImageIdentity& identity, const ImageOptions& options);

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
