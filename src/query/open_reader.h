// Plain reading of an open chunk in which no identity occurs twice: rows in order of arrival, nothing sorted.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "chunk/open_chunk.h"
#include "query/row_filter.h"
#include "query/scan.h"
#include "query/series_filter.h"

namespace magnetite::query {

// The series of an open chunk as a scan needs them, by ordinal. Immutable once made.
struct OpenSeries {
  struct Tag {
    model::ColumnId column;
    std::vector<std::string_view> values;  // by code
    std::vector<uint32_t> codes;           // by ordinal; kNullCode = no such tag
    bool has_null = false;                 // some series lacks it
  };
  static constexpr uint32_t kNullCode = UINT32_MAX;
  size_t count = 0;  // of series
  std::vector<Tag> tags;
  std::vector<uint8_t> matching;  // by ordinal; empty = all match

  const Tag* tag(model::ColumnId column) const;
};

std::shared_ptr<const OpenSeries> look_at_series(const chunk::OpenSnapshot& rows, const SeriesFilter& filter);

struct OpenRead {
  chunk::OpenSnapshot rows;
  std::shared_ptr<const OpenSeries> series;
  std::shared_ptr<const schema::TableSchema> schema;
  std::vector<model::ColumnId> columns;
  model::TimeRange times;
  size_t segment = 0;                                      // which of the chunk's row segments
  const RowFilter* filter = nullptr;                       // outlives the reader; nullptr = none
  std::shared_ptr<const std::vector<uint32_t>> rows_only;  // of the segment, ascending; nullptr = all
};

// By segment: the rows at the ends of the matching series.
std::vector<std::vector<uint32_t>> rows_at_ends(const chunk::OpenSnapshot& rows, const OpenSeries& series,
                                                const model::TimeRange& times, const SeriesEnds& ends);

size_t segment_count(const chunk::OpenSnapshot& rows);
std::unique_ptr<MorselReader> read_open(OpenRead read, std::shared_ptr<ScanControl> control);

}  // namespace magnetite::query
