// Does what the policy asks for, for one database: looks at the partitions that are due, decides, starts jobs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "database/apply_gates.h"
#include "database/chunk_files.h"
#include "database/lifecycle_schedule.h"
#include "database/memory_gauge.h"
#include "database/persisted_state.h"
#include "database/table_set.h"
#include "database/watermarks.h"
#include "jobs/job_registry.h"
#include "lifecycle/actions.h"
#include "lifecycle/forecast.h"
#include "model/database_rules.h"

namespace magnetite::database {

// The database's own; outlive the worker.
struct LifecycleParts {
  Executor& executor;
  const std::string& database;
  model::Uuid uuid;
  TableSet& tables;
  ApplyGates& gates;
  Watermarks& watermarks;
  const ChunkFiles& files;
  PersistedState& persisted;
  const MemoryAccount& memory;
  lifecycle::JobSlots slots;  // of this process
  std::function<jobs::JobId(jobs::JobKind, jobs::JobSubject, jobs::JobRegistry::Body)> start_job;
};

// For people: what the policy wanted of a partition last, and what it will want next if nothing happens before.
struct PartitionOutlook {
  std::string table;
  std::string partition_key;
  std::optional<lifecycle::Forecast> next;
  std::optional<lifecycle::Forecast> last;
};

// Thread-safe.
class LifecycleWorker {
 public:
  explicit LifecycleWorker(LifecycleParts parts) : parts_(std::move(parts)) {}

  // One pass. Returns when to run the next at the latest.
  MonoTime run_once(const model::DatabaseRules& rules, uint64_t soft_bytes_max);

  void rules_changed() { schedule_.look_at_all(); }

  // Does it now, whoever asks: the job that has begun, if it takes one; the error of what did not begin.
  using Begun = Result<std::optional<jobs::JobId>>;
  Begun perform(const lifecycle::Action& action);

  std::vector<PartitionOutlook> outlook(const model::LifecycleRules& rules) const EXCLUDES(mutex_);

 private:
  struct Subject {
    std::shared_ptr<Table> table;
    std::shared_ptr<Partition> partition;
  };

  Begun close(const Subject& on, const lifecycle::Close& what);
  Begun move(const Subject& on, const lifecycle::Move& what);
  Begun compact(const Subject& on, const lifecycle::Compact& what);
  Begun persist(const Subject& on, const lifecycle::Persist& what);
  Begun compact_files(const Subject& on, const lifecycle::CompactPersisted& what);
  Begun unload(const Subject& on, const lifecycle::Unload& what);
  Begun drop(const Subject& on, const lifecycle::Drop& what);
  Begun compact_partition(const Subject& on);
  Begun drop_partition(const Subject& on);
  jobs::JobId start(const Subject& on, Work work, jobs::JobKind kind, std::vector<model::ChunkId> chunks,
                    jobs::JobRegistry::Body body);
  void remember(const lifecycle::Action& action) EXCLUDES(mutex_);

  WallTime wall_now() const { return parts_.executor.clock().wall_now(); }
  MonoTime mono_now() const { return parts_.executor.clock().mono_now(); }

  const LifecycleParts parts_;
  LifecycleSchedule schedule_;
  mutable Mutex mutex_;
  // The last action of each partition, by table and key.
  std::map<std::pair<std::string, std::string>, lifecycle::Forecast> last_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::database
