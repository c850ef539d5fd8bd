// When to look at which partition, and what became of the jobs there: what the policy needs besides the chunks.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "database/partition.h"
#include "database/table.h"
#include "lifecycle/policy.h"

namespace magnetite::database {

enum class Work : uint8_t { kCompact, kPersist, kCompactFiles };

// Thread-safe.
class LifecycleSchedule {
 public:
  struct Due {
    std::shared_ptr<Table> table;
    std::shared_ptr<Partition> partition;
    lifecycle::PartitionView view;
  };

  // Views of those partitions whose time has come or that changed meanwhile; of all when memory is short. Windows are
  // rotated on the way.
  std::vector<Due> due(const std::vector<std::shared_ptr<Table>>& tables, const model::LifecycleRules& rules,
                       lifecycle::Now now, bool all) EXCLUDES(mutex_);
  // A partition's view with what the schedule knows of it.
  lifecycle::PartitionView completed(const Partition& partition, lifecycle::PartitionView view) const EXCLUDES(mutex_);
  // The rules have changed: every partition is due.
  void look_at_all() EXCLUDES(mutex_);
  // After a pass: when to look at it again if nothing happens.
  void look_again(const Partition& partition, MonoTime at) EXCLUDES(mutex_);

  void started(const Partition& partition, Work work, MonoTime now) EXCLUDES(mutex_);
  void ended(const Partition& partition, Work work, bool succeeded, MonoTime now) EXCLUDES(mutex_);

  lifecycle::JobSlots running() const EXCLUDES(mutex_);
  MonoTime next_due() const EXCLUDES(mutex_);

 private:
  struct Entry {
    MonoTime due{INT64_MIN};
    MonoTime last_served{};
    std::map<Work, lifecycle::Attempts> attempts;
  };
  using Key = std::pair<std::string, std::string>;  // table, partition key
  static Key key_of(const Partition& partition) { return {partition.table(), partition.key()}; }

  mutable Mutex mutex_;
  std::map<Key, Entry> entries_ GUARDED_BY(mutex_);
  lifecycle::JobSlots running_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::database
