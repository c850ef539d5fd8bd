#include "lifecycle/views.h"

#include <algorithm>

namespace magnetite::lifecycle {

MonoTime retry_at(const Attempts& attempts) {
  if (attempts.failures == 0) return {INT64_MIN};
  constexpr uint32_t kDoublingsMax = 20;  // far beyond kRetryMax, far below an overflow
  const Duration pause = kRetryMin * (int64_t{1} << std::min(attempts.failures - 1, kDoublingsMax));
  return attempts.last_ended + std::min<Duration>(pause, kRetryMax);
}

Duration elapsed(WallTime since, WallTime now) {
  return since < now ? Duration(now.nanos - since.nanos) : Duration::zero();
}

}  // namespace magnetite::lifecycle
