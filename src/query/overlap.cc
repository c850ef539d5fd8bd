#include "query/overlap.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace magnetite::query {
namespace {

// A stretch of time and whether one range or several cover it.
struct Slice {
  model::TimeRange times;
  bool shared = false;
};

// Maximal slices: neighbours that are both shared are one, so that no chunk is cut more often than needed.
std::vector<Slice> cut(const std::vector<model::TimeRange>& ranges) {
  // Starts and ends as half-open edges; an edge past INT64_MAX cannot be, so ends are kept inclusive and sorted after.
  struct Edge {
    int64_t time;
    bool end;
  };
  std::vector<Edge> edges;
  for (const model::TimeRange& range : ranges) {
    if (range.empty()) continue;
    edges.push_back({range.min, false});
    edges.push_back({range.max, true});
  }
  std::ranges::sort(edges,
                    [](const Edge& a, const Edge& b) { return a.time != b.time ? a.time < b.time : a.end < b.end; });
  std::vector<Slice> slices;
  size_t open = 0;
  int64_t from = 0;
  const auto close = [&](int64_t to, bool shared) {
    if (from > to) return;
    if (!slices.empty() && shared && slices.back().shared && slices.back().times.max + 1 == from)
      slices.back().times.max = to;
    else
      slices.push_back({{from, to}, shared});
  };
  for (const Edge& edge : edges) {
    if (!edge.end) {
      if (open > 0 && edge.time > from) close(edge.time - 1, open > 1);
      if (open == 0 || edge.time > from) from = edge.time;
      ++open;
    } else {
      close(edge.time, open > 1);
      if (edge.time == INT64_MAX) break;  // the last edges all lie here
      from = edge.time + 1;
      --open;
    }
  }
  return slices;
}

}  // namespace

std::vector<OverlapGroup> group_overlaps(const std::vector<model::TimeRange>& ranges,
                                         const std::function<bool(size_t, size_t)>& touches) {
  std::vector<OverlapGroup> groups;
  for (const Slice& slice : cut(ranges)) {
    std::vector<size_t> members;
    for (size_t i = 0; i < ranges.size(); ++i)
      if (!ranges[i].empty() && ranges[i].overlaps(slice.times)) members.push_back(i);
    std::vector<size_t> root(members.size());
    std::iota(root.begin(), root.end(), size_t{0});
    const auto find = [&](size_t i) {
      while (root[i] != i) i = root[i] = root[root[i]];
      return i;
    };
    for (size_t i = 0; i < members.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (find(i) != find(j) && touches(members[i], members[j])) root[find(i)] = find(j);
    for (size_t i = 0; i < members.size(); ++i) {
      if (find(i) != i) continue;
      OverlapGroup group{slice.times, {}};
      for (size_t j = 0; j < members.size(); ++j)
        if (find(j) == i) group.members.push_back(members[j]);
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

}  // namespace magnetite::query
