// The chunk being written: append-only column segments with stable addresses and a published row count. Writers never
// wait for readers' work; a snapshot costs a few pointers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "chunk/series_dictionary.h"
#include "entry/routed_write.h"
#include "model/column_summary.h"
#include "model/ids.h"
#include "model/time_range.h"
#include "schema/table_schema.h"

namespace magnetite::chunk {

struct OpenColumns;  // column segments; internal (open_columns.h)

// Running statistics of one field: values that came, duplicates included. The union's member follows the column's type;
// min and max mean something when value_count > 0 and not every value was NaN.
struct FieldBounds {
  union Value {
    int64_t integer = 0;
    uint64_t number;
    double real;
    const std::string_view* text;  // lives as long as the columns
  };
  uint64_t value_count = 0;
  bool has_bounds = false;
  Value min;
  Value max;
};

// An immutable view of the first `rows` rows, in arrival order. Cheap to copy, safe from any thread.
struct OpenSnapshot {
  std::shared_ptr<const OpenColumns> columns;
  std::shared_ptr<const SeriesDictionary> series;
  std::shared_ptr<const schema::TableSchema> schema;
  std::shared_ptr<const std::vector<FieldBounds>> bounds;  // by ColumnId; shorter than the schema: no value yet
  uint64_t rows = 0;
  model::TimeRange times = model::TimeRange::none();
  // True when some identity may occur twice: a row was not later than the one before it in its series.
  bool may_hold_duplicates = false;
};

// One writer (the lane of its sequencer); snapshot() and the getters from any thread.
class OpenChunk {
 public:
  OpenChunk(model::ChunkId id, model::ChunkOrder order, std::shared_ptr<SeriesDictionary> series, WallTime opened_at);
  ~OpenChunk();

  // Appends the lines of `write` as rows, in order. `ordinals` (parallel to write.lines) refer to series(). Fields
  // whose column is kTimeColumnId are skipped. All columns were validated against `schema`.
  void append(const entry::ParsedBody& body, const std::vector<model::ColumnId>& field_columns,
              const entry::PartitionWrite& write, const std::vector<SeriesOrdinal>& ordinals,
              std::shared_ptr<const schema::TableSchema> schema, WallTime now);

  OpenSnapshot snapshot() const;

  model::ChunkId id() const { return id_; }
  model::ChunkOrder order() const { return order_; }
  const std::shared_ptr<SeriesDictionary>& series() const { return series_; }
  uint64_t rows() const;
  size_t bytes() const;          // memory of the columns, without the dictionary
  WallTime first_write() const;  // both: when it was opened, until something was written
  WallTime last_write() const;

  // Per column of the snapshot's schema; counts and bounds over all rows, duplicates included. O(columns), unless some
  // series lack a tag. Distinct values and bounds of tags are the dictionary's: an inherited one may know more.
  std::vector<model::ColumnSummary> summaries() const;

 private:
  struct Published;
  struct Writer;
  const model::ChunkId id_;
  const model::ChunkOrder order_;
  const std::shared_ptr<SeriesDictionary> series_;
  const std::unique_ptr<Writer> writer_;  // the writer's alone
  std::atomic<size_t> bytes_ = 0;
  mutable Mutex mutex_;
  std::unique_ptr<Published> published_ PT_GUARDED_BY(mutex_);
};

// Summary of a field from its running statistics.
model::ColumnSummary summarise(const schema::Column& column, const FieldBounds& bounds, uint64_t rows);

}  // namespace magnetite::chunk
