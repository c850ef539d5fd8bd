// What to do when memory is short: give back what the store has, then persist more, and lose rows only where the rules
// say so. Asks for no more than is needed, and for nothing when nothing can be given back.
#pragma once

#include <span>
#include <vector>

#include "lifecycle/actions.h"
#include "lifecycle/views.h"
#include "model/database_rules.h"

namespace magnetite::lifecycle {

struct MemoryView {
  uint64_t used_bytes = 0;
  uint64_t freeing_bytes = 0;  // already let go, but queries or running jobs hold it
  uint64_t soft_bytes = 0;     // 0 = no limit; at or above it memory is freed
};

// What this pass has decided for a partition so far.
enum class Decided : uint8_t { kNothing, kMerge, kPersist };

// Unload, Persist (at most `persists_max`) and Drop actions, in the order in which they are to be done. `decided` is
// parallel to `partitions`.
std::vector<Action> relieve(std::span<const PartitionView> partitions, const model::LifecycleRules& rules, Now now,
                            const MemoryView& memory, size_t persists_max, std::span<const Decided> decided);

}  // namespace magnetite::lifecycle
