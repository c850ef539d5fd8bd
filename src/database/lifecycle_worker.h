// Does what the policy asks for, for one database: looks at the partitions that are due, decides, starts jobs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "database/chunk_files.h"
#include "database/lane.h"
#include "database/lifecycle_schedule.h"
#include "database/memory_gauge.h"
#include "database/persisted_state.h"
#include "database/table_set.h"
#include "database/watermarks.h"
#include "jobs/job_registry.h"
#include "lifecycle/actions.h"
#include "model/database_rules.h"

namespace magnetite::database {

// The database's own; outlive the worker.
struct LifecycleParts {
  Executor& executor;
  const std::string& database;
  model::Uuid uuid;
  TableSet& tables;
  const std::vector<std::unique_ptr<Lane>>& lanes;
  Watermarks& watermarks;
  const ChunkFiles& files;
  PersistedState& persisted;
  const MemoryAccount& memory;
  lifecycle::JobSlots slots;  // of this process
  std::function<void(jobs::JobKind, jobs::JobSubject, jobs::JobRegistry::Body)> start_job;
};

// What the policy wanted last, for people.
struct PlannedAction {
  std::string table;
  std::string partition_key;
  std::string action;
  std::string reason;
  WallTime decided;
};

// Thread-safe.
class LifecycleWorker {
 public:
  explicit LifecycleWorker(LifecycleParts parts) : parts_(std::move(parts)) {}

  // One pass. Returns when to run the next at the latest.
  MonoTime run_once(const model::DatabaseRules& rules, uint64_t soft_bytes_max);

  void rules_changed() { schedule_.look_at_all(); }

  // Does it now, whoever asks; the error of what did not begin.
  Result<> perform(const lifecycle::Action& action);

  // The last action of each partition.
  std::vector<PlannedAction> planned() const EXCLUDES(mutex_);

 private:
  struct Subject {
    std::shared_ptr<Table> table;
    std::shared_ptr<Partition> partition;
  };

  Result<> close(const Subject& on, const lifecycle::Close& what);
  Result<> compact(const Subject& on, const lifecycle::Compact& what);
  Result<> persist(const Subject& on, const lifecycle::Persist& what);
  Result<> compact_files(const Subject& on, const lifecycle::CompactPersisted& what);
  Result<> unload(const Subject& on, const lifecycle::Unload& what);
  Result<> drop(const Subject& on, const lifecycle::Drop& what);
  void start(const Subject& on, Work work, jobs::JobKind kind, std::vector<model::ChunkId> chunks,
             jobs::JobRegistry::Body body);
  void remember(const lifecycle::Action& action) EXCLUDES(mutex_);

  WallTime wall_now() const { return parts_.executor.clock().wall_now(); }
  MonoTime mono_now() const { return parts_.executor.clock().mono_now(); }

  const LifecycleParts parts_;
  LifecycleSchedule schedule_;
  mutable Mutex mutex_;
  std::map<std::pair<std::string, std::string>, PlannedAction> planned_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::database
