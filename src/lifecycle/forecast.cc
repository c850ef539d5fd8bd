#include "lifecycle/forecast.h"

#include <limits>
#include <utility>

namespace magnetite::lifecycle {

std::optional<Forecast> forecast(const std::function<PartitionView(WallTime)>& view_at,
                                 const model::LifecycleRules& rules, Now now) {
  // Between two times something becomes due: a window closes, a chunk cools down, a pause after a failure ends, a row
  // stops being in the future.
  constexpr int kStepsMax = 16;
  for (int step = 0; step < kStepsMax; ++step) {
    const PartitionView view = view_at(now.wall);
    auto actions = decide(std::span(&view, 1), rules, now, {}, {1, 1});
    if (!actions.empty()) return Forecast{std::move(actions.front()), now.wall};
    const MonoTime next = next_due(view, rules, now);
    if (next == kNever || next <= now.mono) return std::nullopt;
    const int64_t ahead = (next - now.mono).count();
    if (now.wall.nanos > std::numeric_limits<int64_t>::max() - ahead) return std::nullopt;  // after the end of time
    now = {WallTime{now.wall.nanos + ahead}, next};
  }
  return std::nullopt;
}

}  // namespace magnetite::lifecycle
