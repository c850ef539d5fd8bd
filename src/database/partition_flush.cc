// What a partition does when its rows leave memory for good: to the store, or dropped.
#include <algorithm>

#include "base/check.h"
#include "database/partition.h"
#include "database/views.h"
#include "lifecycle/chunk_order.h"

namespace magnetite::database {
namespace {

void add_sequences(const std::optional<persistence::Window>& window, std::vector<chunk::SequenceRange>& out) {
  if (!window) return;
  for (const auto& [sequencer, numbers] : window->sequences) {
    const auto known = std::ranges::find(out, sequencer, &chunk::SequenceRange::sequencer);
    if (known == out.end()) {
      out.push_back({sequencer, numbers.min, numbers.max});
    } else {
      known->min = std::min(known->min, numbers.min);
      known->max = std::max(known->max, numbers.max);
    }
  }
}

}  // namespace

std::vector<model::ChunkId> PersistWork::ids() const {
  std::vector<model::ChunkId> ids;
  for (const ChunkWork& chunk : chunks) ids.push_back(chunk.id);
  return ids;
}

Result<PersistWork> Partition::begin_flush(std::span<const model::ChunkId> ids, LifecycleAction action,
                                           std::optional<int64_t> split_time, WallTime now) {
  PersistWork work;
  add_sequences(windows_.persistable(), work.sequences);
  add_sequences(windows_.deferred(), work.sequences);
  const std::shared_ptr<chunk::OpenChunk> rows = open_rows();
  MAGNETITE_RETURN_IF_ERROR(chunks_.begin(ids, action, now));
  auto flush = windows_.begin_flush(split_time);
  if (!flush) {
    chunks_.abandon(ids, action);
    return fail(ErrorCode::kFailedPrecondition, "a flush of this partition is under way");
  }
  if (rows != nullptr && chunks_.open() == nullptr) closed(*rows);
  work.flush = *std::move(flush);
  work.changes = windows_.flush_changes();
  work.chunks = work_begun(ids, action);
  charge();
  return work;
}

void Partition::finish_flush(const PersistWork& work, LifecycleAction action, std::vector<StagedChunk> results) {
  MAGNETITE_CHECK(put_results(work.ids(), action, std::move(results)).has_value());
  context_.watermarks.apply(windows_.commit_flush(work.flush));
  charge();
}

void Partition::abort_flush(const PersistWork& work, LifecycleAction action) {
  chunks_.abandon(work.ids(), action);
  windows_.abort_flush(work.flush);
}

Result<PersistWork> Partition::begin_persist(std::optional<int64_t> split_time, WallTime now) {
  const MutexLock lock(mutex_);
  const std::vector<lifecycle::ChunkView> views = views_of(chunks_);
  const lifecycle::ToPersist needed = lifecycle::chunks_to_persist(views, split_time);
  if (needed.blocked) return fail(ErrorCode::kFailedPrecondition, "a chunk that is to be persisted is busy");
  return begin_flush(lifecycle::ids(views, needed.chunks), LifecycleAction::kPersisting, split_time, now);
}

void Partition::finish_persist(const PersistWork& work, std::vector<StagedChunk> results) {
  const MutexLock lock(mutex_);
  finish_flush(work, LifecycleAction::kPersisting, std::move(results));
}

void Partition::abort_persist(const PersistWork& work) {
  const MutexLock lock(mutex_);
  abort_flush(work, LifecycleAction::kPersisting);
}

Result<PersistWork> Partition::begin_drop(WallTime now) {
  const MutexLock lock(mutex_);
  std::vector<model::ChunkId> ids;
  for (const auto& [key, chunk] : chunks_.all()) ids.push_back(chunk.id());
  return begin_flush(ids, LifecycleAction::kDropping, std::nullopt, now);
}

void Partition::finish_drop(const PersistWork& work) {
  const MutexLock lock(mutex_);
  finish_flush(work, LifecycleAction::kDropping, {});
}

void Partition::abort_drop(const PersistWork& work) {
  const MutexLock lock(mutex_);
  abort_flush(work, LifecycleAction::kDropping);
}

}  // namespace magnetite::database
