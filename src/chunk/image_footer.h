// Internal: the footer of an image, written and read: who and what the file holds, where its columns lie, what their
// statistics say.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "chunk/image_facts.h"
#include "chunk/sorted_chunk.h"

namespace arrow {
class KeyValueMetadata;
class Schema;
}  // namespace arrow
namespace parquet {
class ColumnDescriptor;
class FileMetaData;
}  // namespace parquet

namespace magnetite::chunk {

// A range of the file and its checksum.
struct FilePlace {
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t checksum = 0;
  uint64_t end() const { return offset + bytes; }
};

// How many of a column chunk's values are NULL: known from the footer, so that levels need no decoding.
enum class Nulls : uint8_t { kNone, kSome, kAll };

struct ColumnChunk {
  FilePlace place;
  int codec = 0;  // parquet::Compression::type
  Nulls nulls = Nulls::kNone;
};

struct ImageColumn {
  size_t position = 0;
  model::ColumnType type = model::ColumnType::kTime;
  std::shared_ptr<const parquet::ColumnDescriptor> descriptor;
};

// Immutable once parsed. A small part of what Parquet's own structures take.
struct ImageFooter {
  ImageFooterFacts facts;
  FilePlace series_index;
  std::map<model::ColumnId, ImageColumn> columns;
  std::vector<RowGroup> row_groups;
  std::vector<ColumnChunk> chunks;  // by row group and position
  // By column id; those of tags are unknown before add_tag_summaries().
  std::vector<model::ColumnSummary> summaries;

  const ColumnChunk& chunk(size_t row_group, const ImageColumn& column) const {
    return chunks[row_group * columns.size() + column.position];
  }
  size_t memory_bytes() const;
};

// What the footer says beyond Parquet's own. `checksums`: of the column chunks in file order.
struct FooterEntries {
  const ImageIdentity& identity;
  const ClosingFacts& closing;
  const SortKey& sort_key;
  std::string table;
  uint64_t rows = 0;
  FilePlace series_index;
  std::span<const uint64_t> checksums;
  const arrow::Schema& schema;
};
std::shared_ptr<const arrow::KeyValueMetadata> footer_entries(const FooterEntries& entries);

// kCorruption unless everything fits together: columns lie one behind the other from the file's beginning to the
// series index, which ends at `tail_begin`. Parquet's exceptions pass through.
Result<ImageFooter> parse_footer(const parquet::FileMetaData& metadata, uint64_t tail_begin);

// kCorruption when the index does not fit the footer.
Result<> add_tag_summaries(const SeriesIndex& index, ImageFooter& footer);

}  // namespace magnetite::chunk
