#include "chunk/sorted_chunk.h"

#include <algorithm>

namespace magnetite::chunk {

const model::ColumnSummary* SortedChunk::summary(model::ColumnId column) const {
  const std::span<const model::ColumnSummary> all = summaries();
  const auto it = std::ranges::find(all, column, &model::ColumnSummary::column);
  return it == all.end() ? nullptr : &*it;
}

}  // namespace magnetite::chunk
