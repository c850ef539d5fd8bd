// The policy: what is to be done with chunks, and why. Pure: the same views, rules and times give the same actions. A
// worker fills views under the partitions' locks, decides without a lock, and starts jobs, each of which checks under
// its partition's lock that its chunks are still as they were.
#pragma once

#include <span>
#include <vector>

#include "lifecycle/actions.h"
#include "lifecycle/memory.h"
#include "lifecycle/views.h"
#include "model/database_rules.h"

namespace magnetite::lifecycle {

// How many more jobs may start. Compaction of files counts as compaction.
struct JobSlots {
  size_t compactions = 0;
  size_t persists = 0;
};

// One pass. Slots go to the partitions that were served longest ago. At most one persist or compaction of memory, and
// one compaction of files, per partition. `partitions` may be only those that are due, unless memory is short.
std::vector<Action> decide(std::span<const PartitionView> partitions, const model::LifecycleRules& rules, Now now,
                           const MemoryView& memory, JobSlots slots);

// When decide() may want something of this partition if nothing happens to it before: now.mono when it does already,
// kNever when it never will. Look earlier after a job of it ended, its open chunk filled up, or it was written to for
// the first time since; every other write only moves the time on.
MonoTime next_due(const PartitionView& partition, const model::LifecycleRules& rules, Now now);

}  // namespace magnetite::lifecycle
