// Internal: the series index of rows that come in table order, made as they come.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "chunk/byte_arena.h"
#include "chunk/image_encoder.h"
#include "chunk/row_batch.h"
#include "chunk/series_index.h"

namespace magnetite::chunk {

// Not thread-safe.
class SeriesCollector {
 public:
  // `tags`: those of the key that may have a value, in its order.
  SeriesCollector(SortKey key, std::span<const model::ColumnId> tags);

  // Rows [first, first + count) of the tags' vectors, in the order of `tags`. Appends their runs, the first of which
  // may go on with the series before. kCorruption when a series does not follow the one before it.
  Result<> add(std::span<const ColumnVector> tags, size_t first, size_t count, std::vector<SeriesRun>& runs);

  // Values in the order in which they came; codes of the series so far.
  const SeriesIndex::TagColumn* tag(model::ColumnId column) const;

  // The last call.
  std::unique_ptr<SeriesIndex> finish();

 private:
  using Value = std::optional<std::string_view>;

  bool same_series(std::span<const ColumnVector> tags, size_t row) const;
  Result<> start_series(std::span<const ColumnVector> tags, size_t row);

  const SortKey key_;
  std::vector<SeriesIndex::TagColumn> tags_;
  std::vector<std::unordered_map<std::string_view, uint32_t>> codes_;  // by tag
  std::vector<Value> last_;                                            // values of the last series
  std::vector<uint64_t> row_counts_;                                   // by series
  std::shared_ptr<ByteArena> text_ = std::make_shared<ByteArena>();
};

}  // namespace magnetite::chunk
