#include "database/lifecycle_worker.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/logging.h"
#include "database/chunk_jobs.h"
#include "database/persist_job.h"
#include "lifecycle/choose.h"
#include "lifecycle/chunk_order.h"

namespace magnetite::database {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

// What a pass may start: as many as run neither here nor elsewhere in the database.
lifecycle::JobSlots free_slots(const lifecycle::JobSlots& all, const lifecycle::JobSlots& running,
                               const model::LifecycleRules& rules) {
  const size_t compactions = rules.max_active_compactions == 0
                                 ? all.compactions
                                 : std::min<size_t>(all.compactions, rules.max_active_compactions);
  return {compactions - std::min(compactions, running.compactions),
          all.persists - std::min(all.persists, running.persists)};
}

}  // namespace

MonoTime LifecycleWorker::run_once(const model::DatabaseRules& rules, uint64_t soft_bytes_max) {
  const lifecycle::Now now{wall_now(), mono_now()};
  const lifecycle::MemoryView memory{parts_.memory.bytes(), 0, soft_bytes_max};
  const bool short_of_memory = soft_bytes_max != 0 && memory.used_bytes >= soft_bytes_max;
  const auto due = schedule_.due(parts_.tables.all(), rules.lifecycle, now, short_of_memory);
  std::vector<lifecycle::PartitionView> views;
  views.reserve(due.size());
  for (const LifecycleSchedule::Due& each : due) {
    views.push_back(each.view);
    schedule_.look_again(*each.partition, lifecycle::next_due(each.view, rules.lifecycle, now));
  }
  const auto slots = free_slots(parts_.slots, schedule_.running(), rules.lifecycle);
  for (const lifecycle::Action& action : lifecycle::decide(views, rules.lifecycle, now, memory, slots)) {
    remember(action);
    if (auto begun = perform(action); !begun)
      log::info("a lifecycle action did not begin", {{"database", parts_.database},
                                                     {"table", action.table},
                                                     {"partition", action.partition_key},
                                                     {"action", std::string(lifecycle::name_of(action))},
                                                     {"because", begun.error().message()}});
  }
  const auto backoff = std::chrono::milliseconds(rules.lifecycle.worker_backoff_millis);
  return std::min(schedule_.next_due(), now.mono + backoff);
}

LifecycleWorker::Begun LifecycleWorker::perform(const lifecycle::Action& action) {
  const std::shared_ptr<Table> table = parts_.tables.find(action.table);
  const std::shared_ptr<Partition> partition = table == nullptr ? nullptr : table->find_partition(action.partition_key);
  if (partition == nullptr)
    return fail(ErrorCode::kNotFound,
                fmt::format("table '{}' has no partition '{}'", action.table, action.partition_key));
  const Subject on{table, partition};
  return std::visit(Overloaded{[&](const lifecycle::Close& what) { return close(on, what); },
                               [&](const lifecycle::Move& what) { return move(on, what); },
                               [&](const lifecycle::Compact& what) { return compact(on, what); },
                               [&](const lifecycle::Persist& what) { return persist(on, what); },
                               [&](const lifecycle::CompactPersisted& what) { return compact_files(on, what); },
                               [&](const lifecycle::Unload& what) { return unload(on, what); },
                               [&](const lifecycle::Drop& what) { return drop(on, what); },
                               [&](const lifecycle::CompactPartition&) { return compact_partition(on); },
                               [&](const lifecycle::DropPartition&) { return drop_partition(on); }},
                    action.what);
}

jobs::JobId LifecycleWorker::start(const Subject& on, Work work, jobs::JobKind kind, std::vector<model::ChunkId> chunks,
                                   jobs::JobRegistry::Body body) {
  schedule_.started(*on.partition, work, mono_now());
  return parts_.start_job(kind, {parts_.database, on.partition->table(), on.partition->key(), std::move(chunks)},
                          [this, on, work, body = std::move(body)](jobs::JobControl& control) mutable {
                            Result<> outcome = body(control);
                            schedule_.ended(*on.partition, work, outcome.has_value(), mono_now());
                            return outcome;
                          });
}

LifecycleWorker::Begun LifecycleWorker::close(const Subject& on, const lifecycle::Close&) {
  const LanePause pause(parts_.gates);
  on.partition->close(wall_now());
  return std::nullopt;
}

LifecycleWorker::Begun LifecycleWorker::move(const Subject& on, const lifecycle::Move& what) {
  std::vector<ChunkWork> work;
  {
    const LanePause pause(parts_.gates);
    MAGNETITE_TRY(work, on.partition->begin(std::span(&what.chunk, 1), LifecycleAction::kMoving, wall_now()));
  }
  return start(on, Work::kCompact, jobs::JobKind::kCloseChunk, {what.chunk},
               [this, on, work = std::move(work)](jobs::JobControl& control) {
                 const ChunkJobContext context{parts_.database, parts_.uuid, parts_.files.cache()};
                 return move_chunk(context, *on.table, *on.partition, work.front(), control);
               });
}

LifecycleWorker::Begun LifecycleWorker::compact(const Subject& on, const lifecycle::Compact& what) {
  std::vector<ChunkWork> work;
  {
    const LanePause pause(parts_.gates);
    MAGNETITE_TRY(work, on.partition->begin(what.chunks, LifecycleAction::kCompacting, wall_now()));
  }
  return start(on, Work::kCompact, jobs::JobKind::kCompactChunks, what.chunks,
               [this, on, work = std::move(work)](jobs::JobControl& control) {
                 const ChunkJobContext context{parts_.database, parts_.uuid, parts_.files.cache()};
                 return compact_chunks(context, *on.table, *on.partition, work, wall_now(), control);
               });
}

LifecycleWorker::Begun LifecycleWorker::persist(const Subject& on, const lifecycle::Persist& what) {
  PersistWork work;
  persistence::DatabaseCheckpoint cut;
  {
    const LanePause pause(parts_.gates);
    MAGNETITE_TRY(work, on.partition->begin_persist(what.split_timestamp, wall_now()));
    cut = parts_.watermarks.checkpoint_after(work.changes);
  }
  std::vector<model::ChunkId> chunks = work.ids();
  return start(on, Work::kPersist, jobs::JobKind::kPersistChunks, std::move(chunks),
               [this, on, work = std::move(work), cut = std::move(cut)](jobs::JobControl& control) {
                 const auto cut_again = [this, &on] {
                   const LanePause pause(parts_.gates);
                   return parts_.watermarks.checkpoint_after(on.partition->flush_changes());
                 };
                 return database::persist({*on.table, *on.partition, work, cut, cut_again, parts_.files, parts_.uuid,
                                           parts_.executor.clock(), parts_.persisted},
                                          control);
               });
}

LifecycleWorker::Begun LifecycleWorker::compact_files(const Subject& on, const lifecycle::CompactPersisted& what) {
  MAGNETITE_TRY(std::vector<ChunkWork> work,
                on.partition->begin(what.chunks, LifecycleAction::kCompacting, wall_now()));
  return start(on, Work::kCompactFiles, jobs::JobKind::kCompactFiles, what.chunks,
               [this, on, work = std::move(work)](jobs::JobControl& control) {
                 return database::compact_files({*on.table, *on.partition, work, parts_.files, parts_.uuid,
                                                 parts_.executor.clock(), parts_.persisted},
                                                control);
               });
}

LifecycleWorker::Begun LifecycleWorker::unload(const Subject& on, const lifecycle::Unload& what) {
  const auto chunk = on.partition->find(what.chunk);
  if (!chunk) return fail(ErrorCode::kNotFound, on.partition->address(what.chunk).text() + " is not there");
  const auto* persisted = std::get_if<StagedChunk::Persisted>(&chunk->stage());
  // A chunk in another stage says so itself.
  std::shared_ptr<const chunk::StoredImage> stored;
  if (persisted != nullptr) {
    MAGNETITE_TRY(stored, parts_.files.open(persisted->stored, *persisted->image));
  }
  MAGNETITE_RETURN_IF_ERROR(on.partition->unload(what.chunk, std::move(stored)));
  return std::nullopt;
}

LifecycleWorker::Begun LifecycleWorker::drop(const Subject& on, const lifecycle::Drop& what) {
  std::optional<persistence::PartitionCheckpoint> left;
  PersistedChange change;
  change.partition = on.partition.get();
  {
    const LanePause pause(parts_.gates);
    const auto chunk = on.partition->find(what.chunk);
    if (chunk && chunk->stored() != nullptr) change.removed.push_back(chunk->stored()->name);
    MAGNETITE_RETURN_IF_ERROR(on.partition->drop(what.chunk));
    left = on.partition->checkpoint();
  }
  log::warn("a chunk was dropped", {{"chunk", on.partition->address(what.chunk).text()}});
  change.partition_checkpoint = &*left;
  change.cut = [this] {
    const LanePause pause(parts_.gates);
    return parts_.watermarks.checkpoint_after({});
  };
  MAGNETITE_RETURN_IF_ERROR(parts_.persisted.commit(change));
  return std::nullopt;
}

LifecycleWorker::Begun LifecycleWorker::compact_partition(const Subject& on) {
  const lifecycle::PartitionView view = on.partition->view();
  const std::optional<lifecycle::FullCompaction> choice = lifecycle::choose_full_compaction(view);
  if (!choice)
    return parts_.start_job(jobs::JobKind::kCompactChunks, {parts_.database, view.table, view.partition_key, {}},
                            [](jobs::JobControl& control) -> Result<> {
                              control.report("there is nothing to compact");
                              return {};
                            });
  const std::vector<model::ChunkId> chunks = lifecycle::ids(view.chunks, choice->chunks);
  return choice->files ? compact_files(on, {chunks}) : compact(on, {chunks});
}

// As a persist without a result: the files go in the transaction that moves the checkpoint past the rows.
LifecycleWorker::Begun LifecycleWorker::drop_partition(const Subject& on) {
  PersistWork work;
  {
    const LanePause pause(parts_.gates);
    MAGNETITE_TRY(work, on.partition->begin_drop(wall_now()));
  }
  PersistedChange change;
  change.partition = on.partition.get();
  change.partition_checkpoint = &work.flush.checkpoint;
  uint64_t rows = 0;
  for (const ChunkWork& chunk : work.chunks) {
    rows += chunk.rows;
    if (!chunk.file.empty()) change.removed.push_back(chunk.file);
  }
  change.cut = [&] {
    const LanePause pause(parts_.gates);
    return parts_.watermarks.checkpoint_after(on.partition->flush_changes());
  };
  change.publish = [&](const std::shared_ptr<const void>&) { on.partition->finish_drop(work); };
  auto dropped = parts_.persisted.commit(change);
  if (!dropped) {
    on.partition->abort_drop(work);
    return std::unexpected(std::move(dropped).error());
  }
  log::warn("a partition was dropped", {{"database", parts_.database},
                                        {"table", on.partition->table()},
                                        {"partition", on.partition->key()},
                                        {"rows", std::to_string(rows)}});
  return std::nullopt;
}

void LifecycleWorker::remember(const lifecycle::Action& action) {
  const MutexLock lock(mutex_);
  last_.insert_or_assign({action.table, action.partition_key}, lifecycle::Forecast{action, wall_now()});
}

std::vector<PartitionOutlook> LifecycleWorker::outlook(const model::LifecycleRules& rules) const {
  const Duration late = std::chrono::seconds(rules.late_arrive_window_seconds);
  std::vector<PartitionOutlook> all;
  for (const std::shared_ptr<Table>& table : parts_.tables.all()) {
    for (const std::shared_ptr<Partition>& partition : table->partitions()) {
      PartitionOutlook outlook{partition->table(), partition->key(), {}, {}};
      const auto view_at = [&](WallTime then) {
        return schedule_.completed(*partition, partition->view_at(late, then));
      };
      outlook.next = lifecycle::forecast(view_at, rules, {wall_now(), mono_now()});
      const MutexLock lock(mutex_);
      if (const auto last = last_.find({outlook.table, outlook.partition_key}); last != last_.end())
        outlook.last = last->second;
      all.push_back(std::move(outlook));
    }
  }
  return all;
}

}  // namespace magnetite::database
