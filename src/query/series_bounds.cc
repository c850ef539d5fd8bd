#include "query/series_bounds.h"

#include "query/open_reader.h"

namespace magnetite::query {

SeriesBounds bounds_of(const chunk::SeriesIndex& series, const chunk::SortKey& key) {
  SeriesBounds bounds;
  for (const model::ColumnId column : key.tags) {
    bounds.first.push_back(series.tag(0, column));
    bounds.last.push_back(series.tag(series.series_count() - 1, column));
  }
  return bounds;
}

SeriesBounds bounds_of(const OpenSeries& series, const chunk::SortKey& key) {
  std::vector<const OpenSeries::Tag*> tags;
  for (const model::ColumnId column : key.tags) tags.push_back(series.tag(column));
  const auto value = [](const OpenSeries::Tag* tag, size_t ordinal) -> std::optional<std::string_view> {
    if (tag == nullptr || tag->codes[ordinal] == OpenSeries::kNullCode) return std::nullopt;
    return tag->values[tag->codes[ordinal]];
  };
  const auto is_less = [&](size_t a, size_t b) {
    for (const OpenSeries::Tag* tag : tags) {
      if (tag == nullptr || tag->codes[a] == tag->codes[b]) continue;
      return value(tag, a) < value(tag, b);
    }
    return false;
  };
  size_t first = 0;
  size_t last = 0;
  for (size_t i = 1; i < series.count; ++i) {
    if (is_less(i, first)) first = i;
    if (is_less(last, i)) last = i;
  }
  SeriesBounds bounds;
  for (const OpenSeries::Tag* tag : tags) {
    bounds.first.push_back(value(tag, first));
    bounds.last.push_back(value(tag, last));
  }
  return bounds;
}

}  // namespace magnetite::query
