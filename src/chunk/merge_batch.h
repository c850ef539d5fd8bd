// Internal: batches of a merge, made of pieces: runs of rows of one input and rows that several inputs share.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "chunk/row_batch.h"
#include "chunk/sorted_chunk.h"

namespace magnetite::chunk {

// One row group of one input; columns are decoded when first needed.
class GroupReader {
 public:
  // `columns` outlive it.
  GroupReader(std::shared_ptr<const SortedChunk> rows, size_t number, std::span<const model::ColumnId> columns)
      : rows_(std::move(rows)), number_(number), columns_(columns), decoded_(columns.size()) {}

  size_t number() const { return number_; }
  Result<const int64_t*> times();
  // The vector of the column at `position` of the request: flat, or kNull.
  Result<const ColumnVector*> column(size_t position);

 private:
  const std::shared_ptr<const SortedChunk> rows_;
  const size_t number_;
  const std::span<const model::ColumnId> columns_;
  std::vector<std::shared_ptr<const DecodedColumn>> decoded_;
  std::shared_ptr<const DecodedColumn> times_;
};

struct SeriesRef {
  const std::shared_ptr<const SortedChunk>* rows = nullptr;
  uint32_t series = 0;
  bool operator==(const SeriesRef&) const = default;
};

class BatchBuilder {
 public:
  // Both outlive it.
  BatchBuilder(std::span<const model::ColumnId> columns, const schema::TableSchema& schema)
      : columns_(columns), schema_(schema) {}

  uint64_t rows() const { return rows_; }
  uint64_t rows_left() const { return kBatchRowsMax - rows_; }
  bool full() const { return rows_ == kBatchRowsMax; }

  void add_run(SeriesRef series, const std::shared_ptr<GroupReader>& group, uint64_t first, uint64_t count);
  // A row whose fields come from the sources added after this, the later the stronger.
  void start_shared_row(SeriesRef series);
  void add_source(const std::shared_ptr<GroupReader>& group, uint64_t row);

  Result<RowBatch> build();

 private:
  // A run when source_count is 0, else a shared row.
  struct Piece {
    size_t group = 0;  // of groups_
    uint64_t first = 0;
    uint64_t count = 0;
    size_t source_first = 0;
    size_t source_count = 0;
  };
  struct Source {
    size_t group = 0;
    uint64_t row = 0;
  };
  struct SeriesRun {
    SeriesRef series;
    uint64_t rows = 0;
  };

  size_t group_number(const std::shared_ptr<GroupReader>& group);
  void count_rows(SeriesRef series, uint64_t count);
  void build_tag(model::ColumnId id, ColumnVector& out) const;
  Result<> build_field(size_t position, ColumnVector& out);
  template <class T>
  void gather(std::span<const ColumnVector* const> vectors, ColumnVector& out) const;

  const std::span<const model::ColumnId> columns_;
  const schema::TableSchema& schema_;
  std::vector<std::shared_ptr<GroupReader>> groups_;
  std::vector<Piece> pieces_;
  std::vector<Source> sources_;
  std::vector<SeriesRun> series_;
  uint64_t rows_ = 0;
};

}  // namespace magnetite::chunk
