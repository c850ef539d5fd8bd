// Plain reading of a sorted chunk without duplicates: slices of decoded columns where rows lie together, gathered
// vectors where they do not.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "chunk/sorted_chunk.h"
#include "query/row_filter.h"
#include "query/scan.h"

namespace magnetite::query {

// Rows of one series within one row group, relative to the group.
struct RowSpan {
  uint32_t series = 0;
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct SortedRead {
  std::shared_ptr<const chunk::SortedChunk> rows;
  std::shared_ptr<const std::vector<uint32_t>> series;  // matching ones; nullptr = all
  std::shared_ptr<const schema::TableSchema> schema;
  std::vector<model::ColumnId> columns;
  model::TimeRange times;
  size_t row_group = 0;
  const RowFilter* filter = nullptr;  // both outlive the reader; nullptr = none
  const SeriesEnds* ends = nullptr;
};

std::unique_ptr<MorselReader> read_sorted(SortedRead read, std::shared_ptr<ScanControl> control);

// Does any matching series have rows in this row group?
bool has_rows(const chunk::SortedChunk& rows, const std::vector<uint32_t>* series, size_t row_group);

}  // namespace magnetite::query
