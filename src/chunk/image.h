// The Parquet image of a chunk: the same bytes in memory, in a scratch file and in an object store.
// docs/formats/parquet_image.md.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/result.h"
#include "chunk/decoded_cache.h"
#include "chunk/image_facts.h"
#include "chunk/image_source.h"
#include "chunk/image_writer.h"
#include "chunk/sorted_chunk.h"

namespace magnetite::chunk {

struct ImageParts;

// Immutable; thread-safe. Keeps footer, series index and summaries decoded; columns are read when asked for and go
// through the cache. Errors: kCorruption names the file and the reason, no length or offset is trusted before it was
// checked; what a source reports passes through.
class Image : public SortedChunk {
 public:
  // Verifies every byte.
  static Result<std::shared_ptr<const Image>> open(ImageBytes bytes, std::shared_ptr<DecodedCache> cache);
  // Reads the end of the file only (usually one read); a column is verified when it is read.
  static Result<std::shared_ptr<const Image>> open(std::shared_ptr<const ImageSource> source,
                                                   std::shared_ptr<DecodedCache> cache);
  // The same image with its bytes elsewhere (unloading, loading back): shares footer, series index and decoded columns.
  // kInvalidInput when the sizes differ.
  virtual Result<std::shared_ptr<const Image>> with_source(std::shared_ptr<const ImageSource> source) const = 0;
  virtual Result<std::shared_ptr<const Image>> with_bytes(ImageBytes bytes) const = 0;

  // The same image for a job that passes over it once: takes columns from the cache but puts none in.
  virtual std::shared_ptr<const Image> for_one_pass() const = 0;

  const ImageIdentity& identity() const { return facts().identity; }
  virtual const ImageFooterFacts& facts() const = 0;
  virtual uint64_t checksum() const = 0;                            // as ImageFacts has it
  virtual uint64_t file_bytes() const = 0;                          // wherever they are
  virtual const ImageBytes& bytes() const = 0;                      // nullptr when they are not in memory
  virtual uint64_t column_bytes(model::ColumnId column) const = 0;  // in the file; 0: it is not there
  virtual size_t memory_bytes() const = 0;                          // bytes, if in memory, footer and series index

  // Reads columns of a row group into the cache, neighbours in one read; those there already are left out. Tags are
  // ignored. Worth it for sources that are far away.
  virtual Result<> prefetch(size_t row_group, std::span<const model::ColumnId> columns) const = 0;

 private:
  friend class StoredImage;
  virtual const ImageParts& parts() const = 0;
  virtual const std::shared_ptr<const ImageSource>& source() const = 0;
};

struct ImageOutline {
  ImageFooterFacts facts;
  std::vector<schema::Column> columns;  // those it has, by id
  uint64_t checksum = 0;                // as ImageFacts has it
};
// Reads the footer only, without series index and rows.
Result<ImageOutline> read_outline(const ImageSource& source);

// Reads and verifies every byte of the file, a piece at a time.
Result<> verify_image(const ImageSource& source);

}  // namespace magnetite::chunk
