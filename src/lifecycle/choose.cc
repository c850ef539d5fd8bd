#include "lifecycle/choose.h"

#include <fmt/format.h>

#include <algorithm>

#include "lifecycle/chunk_order.h"

namespace magnetite::lifecycle {
namespace {

Duration late_window(const model::LifecycleRules& rules) {
  return std::chrono::seconds(rules.late_arrive_window_seconds);
}
Duration age_threshold(const model::LifecycleRules& rules) {
  return std::chrono::seconds(rules.persist_age_threshold_seconds);
}

bool is_cold(const PartitionView& partition, const model::LifecycleRules& rules, WallTime now) {
  return elapsed(partition.last_write, now) >= late_window(rules);
}

// Ready to be merged as far as it alone is concerned.
bool ripe(const ChunkView& chunk, const model::LifecycleRules& rules, WallTime now) {
  if (!chunk.idle() || chunk.persisted()) return false;
  return chunk.stage != Stage::kOpen || chunk.rows >= rules.mub_row_threshold ||
         elapsed(chunk.last_write, now) >= late_window(rules);
}

}  // namespace

Duration quiet_after(const model::LifecycleRules& rules) { return late_window(rules) + age_threshold(rules); }

std::optional<PersistChoice> choose_persist(const PartitionView& partition, const model::LifecycleRules& rules,
                                            WallTime now) {
  const UnpersistedView& windows = partition.unpersisted;
  if (!rules.persist || windows.flushing || !windows.oldest) return std::nullopt;
  if (is_cold(partition, rules, now))
    return PersistChoice{std::nullopt, fmt::format("no writes for {} s", rules.late_arrive_window_seconds)};

  const auto old = [&](const UnpersistedView::Window& window) {
    return elapsed(window.created_at, now) >= age_threshold(rules);
  };
  const auto by_age = [&] { return fmt::format("unpersisted for {} s", rules.persist_age_threshold_seconds); };
  // Rows dated in the future have no split before them that is worth waiting for.
  const auto old_and_ahead = [&](const std::optional<UnpersistedView::Window>& window) {
    return window && old(*window) && window->times.max > now.nanos;
  };
  if (old_and_ahead(windows.deferred) || old_and_ahead(windows.persistable))
    return PersistChoice{std::nullopt, by_age() + ", dated in the future"};
  if (!windows.persistable || windows.persistable->times.min > now.nanos) return std::nullopt;
  const UnpersistedView::Window& window = *windows.persistable;
  const int64_t split = std::min(window.times.max, now.nanos);
  if (window.rows >= rules.persist_row_threshold)
    return PersistChoice{
        split, fmt::format("{} rows are persistable, the threshold is {}", window.rows, rules.persist_row_threshold)};
  if (old(window)) return PersistChoice{split, by_age()};
  return std::nullopt;
}

std::optional<MergeChoice> choose_compaction(const PartitionView& partition, const model::LifecycleRules& rules,
                                             WallTime now) {
  const auto& chunks = partition.chunks;
  std::vector<size_t> run;
  uint64_t budget = rules.persist_row_threshold;
  const auto worthwhile = [&] { return run.size() >= 2 || (run.size() == 1 && chunks[run.front()].columns()); };
  for (size_t i = 0; i < chunks.size(); ++i) {
    const ChunkView& chunk = chunks[i];
    const bool affordable = chunk.columns() || chunk.rows < budget;
    if (!ripe(chunk, rules, now) || !affordable) continue;
    run.push_back(i);
    if (!may_merge(chunks, run)) {
      run.pop_back();
      if (worthwhile()) break;
      run = {i};
      budget = rules.persist_row_threshold;
      // Alone it may be too big for any merge.
      if (!chunk.columns() && chunk.rows >= budget) run.clear();
    }
    if (!run.empty() && !chunk.columns()) budget -= chunk.rows;
  }
  if (!worthwhile()) return std::nullopt;
  const auto open = std::ranges::find_if(run, [&](size_t i) { return chunks[i].stage == Stage::kOpen; });
  if (open == run.end()) return MergeChoice{std::move(run), "chunks in memory to be merged"};
  if (chunks[*open].rows >= rules.mub_row_threshold)
    return MergeChoice{std::move(run), fmt::format("the open chunk has {} rows", rules.mub_row_threshold)};
  return MergeChoice{std::move(run), fmt::format("no writes for {} s", rules.late_arrive_window_seconds)};
}

std::optional<FullCompaction> choose_full_compaction(const PartitionView& partition) {
  const auto& chunks = partition.chunks;
  const auto longest_run = [&](bool files) {
    std::vector<size_t> best;
    std::vector<size_t> run;
    for (size_t i = 0; i < chunks.size(); ++i) {
      if (!chunks[i].idle() || chunks[i].persisted() != files) continue;
      run.push_back(i);
      if (!may_merge(chunks, run) || (files && run.size() > kMergedFilesMax)) run = {i};
      if (run.size() > best.size()) best = run;
    }
    return best;
  };
  std::vector<size_t> in_memory = longest_run(false);
  if (in_memory.size() >= 2) return FullCompaction{std::move(in_memory), false};
  const auto columns = [](const ChunkView& chunk) { return chunk.idle() && chunk.columns(); };
  if (const auto alone = std::ranges::find_if(chunks, columns); alone != chunks.end())
    return FullCompaction{{static_cast<size_t>(alone - chunks.begin())}, false};
  std::vector<size_t> files = longest_run(true);
  if (files.size() >= 2) return FullCompaction{std::move(files), true};
  return std::nullopt;
}

}  // namespace magnetite::lifecycle
