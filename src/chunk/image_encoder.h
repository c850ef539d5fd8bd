// Internal: row groups into a Parquet file, column by column, front to back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "chunk/image_encoding.h"
#include "chunk/image_writer.h"

namespace magnetite::chunk {

// Rows of one series that follow each other.
struct SeriesRun {
  uint32_t series = 0;
  uint64_t rows = 0;
};

// A row group to be written; every function is called in the order of the file's columns, once per column.
struct GroupRows {
  using UseSlice = std::function<void(const ColumnVector& vector, uint64_t first, uint64_t rows)>;

  uint64_t rows = 0;
  std::span<const SeriesRun> series;
  // nullptr: NULL throughout. Codes by SeriesRun::series; values in any order.
  std::function<const SeriesIndex::TagColumn*(model::ColumnId)> tag;
  // `time` or a field, in slices that add up to `rows`: flat or null vectors.
  std::function<Result<>(model::ColumnId, const UseSlice&)> read;
};

// Rows a row group may have so that it decodes to about `options.row_group_bytes_max`, texts aside.
uint64_t row_group_rows(std::span<const model::ColumnId> columns, const schema::TableSchema& schema,
                        const ImageOptions& options);

// Tags in key order, time, fields by name; those of `present` only.
std::vector<model::ColumnId> file_columns(const SortKey& key, std::vector<model::ColumnId> present,
                                          const schema::TableSchema& schema);

// Not thread-safe. Everything given by reference outlives it.
class ImageEncoder {
 public:
  ImageEncoder(ByteSink& sink, const schema::TableSchema& schema, std::vector<model::ColumnId> columns,
               const ImageOptions& options);
  ~ImageEncoder();

  const std::vector<model::ColumnId>& columns() const;
  uint64_t bytes() const;

  // Encodings are chosen for the whole file when its first row group is written; `encoding` says which for time or a
  // field.
  using ChooseEncoding = std::function<Result<ColumnEncoding>(model::ColumnId)>;
  Result<> write_group(const GroupRows& rows, const ChooseEncoding& encoding);
  Result<ImageFacts> finish(const SeriesIndex& index, const ImageIdentity& identity, const ClosingFacts& closing);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace magnetite::chunk
