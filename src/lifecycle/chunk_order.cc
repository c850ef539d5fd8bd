#include "lifecycle/chunk_order.h"

#include <algorithm>

namespace magnetite::lifecycle {
namespace {

// Would merging `selected` move a row past a row of `chunk` with the same time?
bool moves_past(const std::vector<ChunkView>& chunks, const std::vector<size_t>& selected, const ChunkView& chunk) {
  return std::ranges::any_of(selected, [&](size_t source) {
    return chunks[source].order < chunk.order && chunks[source].times.overlaps(chunk.times);
  });
}

}  // namespace

bool may_merge(const std::vector<ChunkView>& chunks, const std::vector<size_t>& selected) {
  if (selected.empty()) return false;
  for (size_t i = selected.front(); i < chunks.size() && chunks[i].order <= chunks[selected.back()].order; ++i) {
    if (!std::ranges::binary_search(selected, i) && moves_past(chunks, selected, chunks[i])) return false;
  }
  return true;
}

ToPersist chunks_to_persist(const std::vector<ChunkView>& chunks, std::optional<int64_t> split_timestamp) {
  ToPersist result;
  std::vector<size_t>& taken = result.chunks;
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (!chunks[i].persisted() && (!split_timestamp || chunks[i].times.min <= *split_timestamp)) taken.push_back(i);
  }
  // A chunk taken along may itself be moved past another one.
  for (bool grown = !taken.empty(); grown;) {
    grown = false;
    for (size_t i = taken.front(); i < chunks.size() && chunks[i].order <= chunks[taken.back()].order && !grown; ++i) {
      if (chunks[i].persisted() || std::ranges::binary_search(taken, i) || !moves_past(chunks, taken, chunks[i]))
        continue;
      taken.insert(std::ranges::lower_bound(taken, i), i);
      grown = true;
    }
  }
  for (const size_t i : taken) {
    if (chunks[i].idle()) continue;
    result.blocked = true;
    result.stall_compaction |= chunks[i].activity == Activity::kCompacting;
  }
  if (!taken.empty() && !may_merge(chunks, taken)) result.blocked = true;
  return result;
}

std::vector<model::ChunkId> ids(const std::vector<ChunkView>& chunks, const std::vector<size_t>& selected) {
  std::vector<model::ChunkId> result;
  for (const size_t i : selected) result.push_back(chunks[i].id);
  return result;
}

}  // namespace magnetite::lifecycle
