#include "database/lifecycle_schedule.h"

#include <algorithm>

#include "base/check.h"

namespace magnetite::database {

std::vector<LifecycleSchedule::Due> LifecycleSchedule::due(const std::vector<std::shared_ptr<Table>>& tables,
                                                           const model::LifecycleRules& rules, lifecycle::Now now,
                                                           bool all) {
  std::vector<Due> due;
  for (const std::shared_ptr<Table>& table : tables) {
    for (std::shared_ptr<Partition>& partition : table->partitions()) {
      const bool changed = partition->take_changed();
      {
        const MutexLock lock(mutex_);
        if (!all && !changed && entries_[key_of(*partition)].due > now.mono) continue;
      }
      partition->rotate_windows(std::chrono::seconds(rules.late_arrive_window_seconds), now.wall);
      lifecycle::PartitionView view = completed(*partition, partition->view());
      due.push_back({table, std::move(partition), std::move(view)});
    }
  }
  return due;
}

lifecycle::PartitionView LifecycleSchedule::completed(const Partition& partition, lifecycle::PartitionView view) const {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(key_of(partition));
  if (found == entries_.end()) return view;
  const auto attempts = [&](Work work) {
    const auto each = found->second.attempts.find(work);
    return each == found->second.attempts.end() ? lifecycle::Attempts{} : each->second;
  };
  view.compactions = attempts(Work::kCompact);
  view.persists = attempts(Work::kPersist);
  view.file_compactions = attempts(Work::kCompactFiles);
  view.last_served = found->second.last_served;
  return view;
}

void LifecycleSchedule::look_at_all() {
  const MutexLock lock(mutex_);
  for (auto& [key, entry] : entries_) entry.due = MonoTime{INT64_MIN};
}

void LifecycleSchedule::look_again(const Partition& partition, MonoTime at) {
  const MutexLock lock(mutex_);
  entries_[key_of(partition)].due = at;
}

void LifecycleSchedule::started(const Partition& partition, Work work, MonoTime now) {
  const MutexLock lock(mutex_);
  entries_[key_of(partition)].last_served = now;
  ++(work == Work::kPersist ? running_.persists : running_.compactions);
}

void LifecycleSchedule::ended(const Partition& partition, Work work, bool succeeded, MonoTime now) {
  const MutexLock lock(mutex_);
  Entry& entry = entries_[key_of(partition)];
  lifecycle::Attempts& attempts = entry.attempts[work];
  attempts.failures = succeeded ? 0 : attempts.failures + 1;
  attempts.last_ended = now;
  entry.due = now;
  size_t& running = work == Work::kPersist ? running_.persists : running_.compactions;
  MAGNETITE_CHECK(running > 0);
  --running;
}

lifecycle::JobSlots LifecycleSchedule::running() const {
  const MutexLock lock(mutex_);
  return running_;
}

MonoTime LifecycleSchedule::next_due() const {
  const MutexLock lock(mutex_);
  MonoTime next = kNever;
  for (const auto& [key, entry] : entries_) next = std::min(next, entry.due);
  return next;
}

}  // namespace magnetite::database
