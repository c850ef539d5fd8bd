// What the policy will do with a partition if nothing happens to it before. Pure, and by the policy itself: it is asked
// again at each time it says it may want something.
#pragma once

#include <functional>
#include <optional>

#include "lifecycle/policy.h"

namespace magnetite::lifecycle {

struct Forecast {
  Action action;
  WallTime due;
};

// `view_at` gives the partition as it will be at a time, its windows rotated. nullopt: nothing, ever. Memory is taken
// to suffice, and slots to be free.
std::optional<Forecast> forecast(const std::function<PartitionView(WallTime)>& view_at,
                                 const model::LifecycleRules& rules, Now now);

}  // namespace magnetite::lifecycle
