#include <fmt/format.h>

#include <algorithm>

#include "lifecycle/choose.h"
#include "lifecycle/chunk_order.h"

namespace magnetite::lifecycle {
namespace {

// A run is rewritten when it at least doubles the largest of its files: each row is rewritten log2(rows) times at most.
constexpr size_t kRunMin = 4;
// Files of this many thresholds are left alone as inputs of further small merges.
constexpr uint64_t kMergedThresholdsMax = 4;

bool mergeable_file(const ChunkView& chunk) { return chunk.persisted() && chunk.idle(); }

// The first group of files, by order, that are connected by overlapping times.
std::vector<size_t> overlapping(const std::vector<ChunkView>& chunks) {
  std::vector<size_t> by_time;
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (mergeable_file(chunks[i])) by_time.push_back(i);
  }
  std::ranges::sort(by_time, {}, [&](size_t i) { return chunks[i].times.min; });
  std::vector<size_t> group;
  model::TimeRange reach = model::TimeRange::none();
  for (const size_t i : by_time) {
    if (!group.empty() && !reach.overlaps(chunks[i].times)) {
      if (group.size() >= 2) break;
      group.clear();
      reach = model::TimeRange::none();
    }
    group.push_back(i);
    reach.include(chunks[i].times);
  }
  std::ranges::sort(group);
  if (group.size() > kMergedFilesMax) group.resize(kMergedFilesMax);
  return group;
}

struct Run {
  std::vector<size_t> files;
  uint64_t rows = 0;
};

// The cheapest run of neighbouring small files that is worth it; with too many of them, the cheapest at all.
std::optional<Run> small_run(const std::vector<ChunkView>& chunks, uint64_t rows_threshold) {
  std::vector<size_t> small;
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (mergeable_file(chunks[i]) && chunks[i].rows < rows_threshold) small.push_back(i);
  }
  const bool too_many = small.size() > kSmallFilesMax;
  std::optional<Run> best;
  for (size_t first = 0; first < small.size(); ++first) {
    Run run;
    uint64_t largest = 0;
    for (size_t i = first; i < std::min(small.size(), first + kMergedFilesMax); ++i) {
      const uint64_t rows = chunks[small[i]].rows;
      if (run.rows + rows > kMergedThresholdsMax * rows_threshold) break;
      run.files.push_back(small[i]);
      run.rows += rows;
      largest = std::max(largest, rows);
      if (run.files.size() < kRunMin || (best && run.rows >= best->rows)) continue;
      if (!too_many && run.rows / 2 < largest) continue;
      if (!may_merge(chunks, run.files)) break;
      best = run;
    }
  }
  return best;
}

}  // namespace

std::optional<MergeChoice> choose_file_compaction(const PartitionView& partition, const model::LifecycleRules& rules,
                                                  WallTime now) {
  const auto& chunks = partition.chunks;
  if (elapsed(partition.last_write, now) >= quiet_after(rules)) {
    auto group = overlapping(chunks);
    if (group.size() >= 2 && may_merge(chunks, group))
      return MergeChoice{std::move(group), "persisted files overlap in time and the partition is quiet"};
  }
  auto run = small_run(chunks, rules.persist_row_threshold);
  if (!run) return std::nullopt;
  return MergeChoice{std::move(run->files), fmt::format("small persisted files, {} rows together", run->rows)};
}

}  // namespace magnetite::lifecycle
