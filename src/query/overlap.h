// Which chunks of a partition must be read together. Pure. Chunks overlap in a time slice when both have rows there and
// their series ranges touch; disjoint time always separates.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "model/time_range.h"

namespace magnetite::query {

// Members (indices into the input, ascending) whose rows within `times` may share identities; slices are disjoint and
// together cover every input range.
struct OverlapGroup {
  model::TimeRange times;
  std::vector<size_t> members;
};

// `touches(a, b)`: may the series of these two overlap? Asked only for pairs in one time slice; connected components.
std::vector<OverlapGroup> group_overlaps(const std::vector<model::TimeRange>& ranges,
                                         const std::function<bool(size_t, size_t)>& touches);

}  // namespace magnetite::query
