#include "query/sql/watchdog.h"

#include <algorithm>

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

uint64_t Watchdog::watch(MonoTime deadline, std::function<void()> interrupt) {
  const MutexLock lock(mutex_);
  const uint64_t id = next_id_++;
  watched_.emplace(id, Watched{deadline, std::move(interrupt)});
  changed_.notify_all();
  return id;
}

bool Watchdog::release(uint64_t id) {
  const MutexLock lock(mutex_);
  const auto found = watched_.find(id);
  if (found == watched_.end()) return false;
  const bool expired = found->second.expired;
  watched_.erase(found);
  return expired;
}

void Watchdog::run() {
  const MutexLock lock(mutex_);
  while (!stopping_) {
    const MonoTime now = executor_.clock().mono_now();
    MonoTime next = kNever;
    for (auto& [id, watched] : watched_) {
      if (watched.expired) continue;
      if (watched.deadline <= now) {
        watched.expired = true;
        watched.interrupt();
      } else {
        next = std::min(next, watched.deadline);
      }
    }
    changed_.wait_until(mutex_, next, WaitReason::kTimer);
  }
}

}  // namespace magnetite::query::sql
