#include "query/sql/watchdog.h"

#include <algorithm>
#include <utility>

namespace magnetite::query::sql {

Watchdog::Watchdog(Executor& executor) : executor_(executor), changed_(executor) {
  task_ = executor_.spawn("sql-watchdog", [this] { run(); });
}

Watchdog::~Watchdog() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  task_.join();
}

Watchdog::Watch Watchdog::watch(MonoTime deadline, std::function<void()> interrupt) {
  const MutexLock lock(mutex_);
  const uint64_t id = next_id_++;
  watched_.emplace(id, Watched{deadline, std::move(interrupt)});
  changed_.notify_all();
  return Watch(*this, id, deadline);
}

void Watchdog::release(uint64_t id) {
  const MutexLock lock(mutex_);
  watched_.erase(id);
}

void Watchdog::run() {
  const MutexLock lock(mutex_);
  while (!stopping_) {
    const MonoTime now = executor_.clock().mono_now();
    MonoTime next = kNever;
    for (auto& [id, watched] : watched_) {
      if (watched.interrupted) continue;
      if (watched.deadline <= now) {
        watched.interrupted = true;
        watched.interrupt();
      } else {
        next = std::min(next, watched.deadline);
      }
    }
    changed_.wait_until(mutex_, next, WaitReason::kTimer);
  }
}

Watchdog::Watch::Watch(Watch&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), id_(other.id_), deadline_(other.deadline_) {}

Watchdog::Watch::~Watch() {
  if (owner_ != nullptr) owner_->release(id_);
}

bool Watchdog::Watch::expired() const { return deadline_ <= owner_->executor_.clock().mono_now(); }

}  // namespace magnetite::query::sql
