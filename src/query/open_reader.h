// Plain reading of an open chunk in which no identity occurs twice: rows in order of arrival, nothing sorted.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "chunk/open_chunk.h"
#include "query/scan.h"
#include "query/series_filter.h"

namespace magnetite::query {

// The series of an open chunk as a scan needs them, by ordinal. Immutable once made.
struct OpenSeries {
  struct Tag {
    model::ColumnId column;
    std::vector<std::string_view> values;  // by code
    std::vector<uint32_t> codes;           // by ordinal; kNullCode = no such tag
  };
  static constexpr uint32_t kNullCode = UINT32_MAX;
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
  size_t segment = 0;  // which of the chunk's row segments
};

size_t segment_count(const chunk::OpenSnapshot& rows);
std::unique_ptr<MorselReader> read_open(OpenRead read, std::shared_ptr<ScanControl> control);

}  // namespace magnetite::query
