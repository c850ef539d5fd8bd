// Row times: nanoseconds since the epoch, both ends inclusive.
#pragma once

#include <algorithm>
#include <cstdint>

namespace magnetite::model {

struct TimeRange {
  int64_t min = INT64_MIN;
  int64_t max = INT64_MAX;

  static constexpr TimeRange all() { return {}; }
  static constexpr TimeRange none() { return {INT64_MAX, INT64_MIN}; }
  constexpr bool empty() const { return min > max; }
  constexpr bool contains(int64_t time) const { return min <= time && time <= max; }
  constexpr bool overlaps(const TimeRange& other) const { return std::max(min, other.min) <= std::min(max, other.max); }
  constexpr void include(int64_t time) {
    min = std::min(min, time);
    max = std::max(max, time);
  }
  constexpr void include(const TimeRange& other) {
    min = std::min(min, other.min);
    max = std::max(max, other.max);
  }
  constexpr TimeRange intersect(const TimeRange& other) const {
    return {std::max(min, other.min), std::min(max, other.max)};
  }
  bool operator==(const TimeRange&) const = default;
};

}  // namespace magnetite::model
