// Writing the Parquet image of a chunk. docs/formats/parquet_image.md.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "chunk/byte_sink.h"
#include "chunk/image_facts.h"
#include "chunk/image_source.h"
#include "chunk/row_batch.h"
#include "chunk/sorted_chunk.h"
#include "schema/table_schema.h"

namespace magnetite::chunk {

enum class Compression : uint8_t { kLz4Raw, kZstd };

struct ImageOptions {
  uint64_t row_group_rows = 122'880;
  // Decoded; a row group with many columns or long strings has fewer rows, since readers decode it as a whole.
  size_t row_group_bytes_max = 128 * 1024 * 1024;
  Compression compression = Compression::kZstd;
  int compression_level = 1;
};

// The image of rows that are there as a whole. `rows` has at least one.
Result<ImageBytes> write_image(const SortedChunk& rows, const schema::TableSchema& schema,
                               const ImageIdentity& identity, const ImageOptions& options,
                               const ClosingFacts& closing = {});

// The image of rows that come in batches. Not thread-safe. Memory: one row group, decoded, and the series index; the
// texts of a batch are kept alive until its row group is written.
class ImageWriter {
 public:
  // `present`: columns that may have a value. `key` is the table's and has every tag. `sink` outlives the writer and
  // gets nothing before the first row group is full or finish() is called.
  static Result<std::unique_ptr<ImageWriter>> create(ByteSink& sink, std::shared_ptr<const schema::TableSchema> schema,
                                                     SortKey key, std::vector<model::ColumnId> present,
                                                     ImageIdentity identity, ImageOptions options);
  virtual ~ImageWriter() = default;

  // What every batch must hold, in this order: tags of the key, time, fields by name; those present.
  virtual std::span<const model::ColumnId> columns() const = 0;
  // The rows [first, first + count) of `batch`, which go on in table order: kCorruption when they do not, or when an
  // identity occurs twice.
  virtual Result<> append(const RowBatch& batch, size_t first, size_t count) = 0;
  Result<> append(const RowBatch& batch) { return append(batch, 0, batch.rows); }

  virtual uint64_t rows() const = 0;        // appended
  virtual uint64_t bytes() const = 0;       // given to the sink
  virtual uint64_t row_groups() const = 0;  // given to the sink
  // The last call. There must be rows.
  virtual Result<ImageFacts> finish(const ClosingFacts& closing) = 0;
};

}  // namespace magnetite::chunk
