#include "server/lifecycle_runner.h"

#include <algorithm>

#include "base/logging.h"

namespace magnetite::server {
namespace {

// A database may be created, or written to for the first time, between two passes.
constexpr std::chrono::seconds kPassesApartMax{1};
constexpr std::chrono::milliseconds kPassesApartMin{50};

}  // namespace

LifecycleRunner::LifecycleRunner(Executor& executor, Databases databases)
    : executor_(executor), databases_(std::move(databases)), stopped_(executor) {}

void LifecycleRunner::start() {
  task_ = executor_.spawn("lifecycle", [this] { run(); });
}

MonoTime LifecycleRunner::run_once() {
  MonoTime next = executor_.clock().mono_now() + kPassesApartMax;
  for (const std::shared_ptr<database::Database>& database : databases_())
    next = std::min(next, database->run_lifecycle());
  return std::max(next, executor_.clock().mono_now() + kPassesApartMin);
}

void LifecycleRunner::run() {
  while (true) {
    const MonoTime next = run_once();
    const MutexLock lock(mutex_);
    while (!stopping_ && stopped_.wait_until(mutex_, next, WaitReason::kTimer) != WaitOutcome::kDeadline) {
    }
    if (stopping_) return;
  }
}

void LifecycleRunner::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    stopped_.notify_all();
  }
  task_.join();
}

}  // namespace magnetite::server
