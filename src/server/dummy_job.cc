#include "server/dummy_job.h"

#include <algorithm>

namespace magnetite::server {

Result<jobs::JobId> start_dummy_job(Executor& executor, jobs::JobRegistry& jobs, WorkerPool& pool,
                                    std::vector<uint64_t> nap_nanos) {
  std::ranges::sort(nap_nanos);
  jobs::JobSubject subject;
  subject.nap_nanos = nap_nanos;
  const auto sleep = [&executor, naps = std::move(nap_nanos)](jobs::JobControl& control) -> Result<> {
    constexpr uint64_t kLookAgain = 20'000'000;
    control.expect_rows(naps.size());
    for (uint64_t left : naps) {
      for (; left > 0; left -= std::min(left, kLookAgain)) {
        MAGNETITE_RETURN_IF_ERROR(control.check());
        executor.pause(Duration(static_cast<int64_t>(std::min(left, kLookAgain))));
      }
      control.advance(1, 0);
    }
    return {};
  };
  return jobs.submit(pool, jobs::JobKind::kDummy, std::move(subject), sleep);
}

}  // namespace magnetite::server
