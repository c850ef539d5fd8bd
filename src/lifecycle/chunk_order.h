// Which chunks may become one. A merge has the order of its last source, so its other rows move forward past the chunks
// between; that changes nothing only where those are disjoint in time from everything moved past them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "lifecycle/views.h"

namespace magnetite::lifecycle {

// `selected` are positions in `chunks`, ascending; `chunks` are by ascending order.
bool may_merge(const std::vector<ChunkView>& chunks, const std::vector<size_t>& selected);

// Every chunk that a persist up to `split_timestamp` (absent: of everything) must take: those with rows up to there,
// and those between that must not be passed over. The one who begins a flush asks again under the partition's lock,
// with the chunks of that moment: the flush claims that no such row is left out.
struct ToPersist {
  std::vector<size_t> chunks;  // positions, ascending
  // One of them is busy: nothing can be persisted now. Compacting would keep it so.
  bool blocked = false;
  bool stall_compaction = false;
};
ToPersist chunks_to_persist(const std::vector<ChunkView>& chunks, std::optional<int64_t> split_timestamp);

std::vector<model::ChunkId> ids(const std::vector<ChunkView>& chunks, const std::vector<size_t>& selected);

}  // namespace magnetite::lifecycle
