// Several sorted chunks as one: streams series by series; a series that lives in one input only is passed on in slices.
// Equal identities collapse, per field the last non-NULL value in chunk order wins.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "chunk/row_batch.h"
#include "chunk/sorted_chunk.h"
#include "model/ids.h"
#include "model/time_range.h"

namespace magnetite::chunk {

struct MergeInput {
  std::shared_ptr<const SortedChunk> rows;
  model::ChunkOrder order;  // the higher one wins; ties: the later input
  // Series to visit, ascending; nullptr = all. Series left out must be left out of every input (filters on identity).
  std::shared_ptr<const std::vector<uint32_t>> series;
};

struct MergeRequest {
  std::vector<MergeInput> inputs;
  SortKey key;                           // the table's, at least as long as each input's
  std::vector<model::ColumnId> columns;  // to return, in this order; types from `schema`
  std::shared_ptr<const schema::TableSchema> schema;
  model::TimeRange times = model::TimeRange::all();
};

// Not thread-safe. Memory: one decoded row group per input and column.
class MergeStream {
 public:
  explicit MergeStream(MergeRequest request);
  ~MergeStream();
  MergeStream(MergeStream&&) noexcept;

  // The next rows in table order, or nullopt at the end. Views stay valid until the next call (keep_alive owns them
  // beyond that).
  Result<std::optional<RowBatch>> next();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace magnetite::chunk
