// The first and the last series of a chunk in table order: chunks whose bounds do not touch share no identity. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "chunk/series_index.h"

namespace magnetite::query {

struct OpenSeries;

// Values by tag of the sort key, nullopt = no such tag. Views live as long as what they were taken from.
struct SeriesBounds {
  using Series = std::vector<std::optional<std::string_view>>;
  Series first;
  Series last;

  bool touches(const SeriesBounds& other) const { return first <= other.last && other.first <= last; }
};

SeriesBounds bounds_of(const chunk::SeriesIndex& series, const chunk::SortKey& key);
// Of all series known, those without rows included. There is at least one.
SeriesBounds bounds_of(const OpenSeries& series, const chunk::SortKey& key);

}  // namespace magnetite::query
