// Rows of one chunk in the table's order (SortKey, time), no identity twice. Two kinds: SortedRows (an open chunk's
// snapshot, sorted in memory) and Image (Parquet bytes). Freezing, merging and queries see only this.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "chunk/row_batch.h"
#include "chunk/series_index.h"
#include "model/column_summary.h"
#include "model/time_range.h"
#include "schema/table_schema.h"

namespace magnetite::chunk {

// Consecutive rows that are decoded together.
struct RowGroup {
  uint64_t first_row = 0;
  uint64_t row_count = 0;
  model::TimeRange times = model::TimeRange::none();
};

// A decoded column of one row group; immutable, shared with the cache.
struct DecodedColumn {
  ColumnVector vector;  // flat or null, row_count values
  uint64_t rows = 0;
  size_t bytes = 0;
};

// Immutable; thread-safe.
class SortedChunk {
 public:
  virtual ~SortedChunk() = default;

  virtual const SeriesIndex& series() const = 0;
  virtual std::span<const RowGroup> row_groups() const = 0;
  virtual model::TimeRange times() const = 0;
  // Columns stored, `time` and tags included. A column not listed is NULL in every row.
  virtual std::span<const model::ColumnSummary> summaries() const = 0;
  // `time` or a field; tags come from series(). kCorruption when the bytes do not decode.
  virtual Result<std::shared_ptr<const DecodedColumn>> decode(size_t row_group, model::ColumnId column) const = 0;

  uint64_t row_count() const { return series().row_count(); }
  const model::ColumnSummary* summary(model::ColumnId column) const;
};

}  // namespace magnetite::chunk
