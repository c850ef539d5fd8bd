// One partition of a table: its chunks and how rows get into the open one. Exactly one lane writes it (L2); jobs and
// queries come from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "chunk/open_chunk.h"
#include "database/chunk_counters.h"
#include "database/chunk_info.h"
#include "database/chunk_list.h"
#include "database/memory_gauge.h"
#include "database/watermarks.h"
#include "entry/routed_write.h"
#include "lifecycle/views.h"
#include "persistence/windows.h"
#include "query/table_snapshot.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::database {

// A chunk as a job reads it. The chunk itself may change meanwhile only as its action allows.
struct ChunkWork {
  model::ChunkId id;
  model::ChunkOrder order;
  ChunkTimes times;
  uint64_t rows = 0;
  std::optional<model::Sequence> last_entry;
  std::string file;  // its name; empty while it has none
  std::variant<chunk::OpenSnapshot, std::shared_ptr<const chunk::Image>, std::shared_ptr<const chunk::StoredImage>>
      data;
};

// What all partitions of a database share; outlives them.
struct PartitionContext {
  std::string database;
  model::Uuid log_id;
  Duration late_arrive_window{};  // of new partitions
  MemoryAccount& memory;          // charged for all they hold
  Watermarks& watermarks;
  ChunkCounters& counters;
};

// Chunks marked for a persist and the flush that goes with them: everything up to the split time that was not
// persisted when it was taken.
struct PersistWork {
  std::vector<ChunkWork> chunks;  // in write order; none = nothing to write, the flush still counts
  persistence::FlushHandle flush;
  std::vector<persistence::MinimumChange> changes;  // for the database's checkpoint
  std::vector<chunk::SequenceRange> sequences;      // of the entries in the windows being flushed

  std::vector<model::ChunkId> ids() const;
};

class Partition {
 public:
  Partition(const PartitionContext& context, std::string table, std::string key)
      : context_(context),
        table_(std::move(table)),
        key_(std::move(key)),
        windows_(context.log_id, table_, key_, context.late_arrive_window) {}
  ~Partition();
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  const std::string& table() const { return table_; }
  const std::string& key() const { return key_; }
  model::ChunkAddress address(model::ChunkId id) const { return {context_.database, table_, key_, id}; }

  // The dictionary new rows refer to; nullptr before the first row. Any thread.
  std::shared_ptr<const chunk::SeriesDictionary> dictionary() const EXCLUDES(mutex_);

  // Under its sequencer's gate: the rows are visible when this returns. Opens a chunk if there is none. Rows of an
  // entry that is here already are passed over. Entries of different sequencers wait for each other.
  Result<> append(const entry::ParsedBody& body, const std::vector<model::ColumnId>& field_columns,
                  const entry::PartitionWrite& write, std::shared_ptr<const schema::TableSchema> schema,
                  const write_buffer::StoredAt& stored_at, WallTime now) EXCLUDES(append_mutex_, mutex_);

  // Under a sequencer's gate: closes the open chunk when it holds at least `bytes` and begins to move it.
  std::optional<ChunkWork> close_if_above(uint64_t bytes, WallTime now) EXCLUDES(append_mutex_, mutex_);

  // Marks chunks for a job, in write order: all of them, or none and the reason. Closes the open one if it is among
  // them: then the partition's lane must be paused.
  Result<std::vector<ChunkWork>> begin(std::span<const model::ChunkId> ids, LifecycleAction action, WallTime now)
      EXCLUDES(mutex_);
  void abandon(std::span<const model::ChunkId> ids, LifecycleAction action) EXCLUDES(mutex_);
  Result<> moved(model::ChunkId id, std::shared_ptr<const chunk::Image> image) EXCLUDES(mutex_);
  // One step for every reader (L6).
  Result<> replace(std::span<const model::ChunkId> sources, LifecycleAction action, std::vector<StagedChunk> results)
      EXCLUDES(mutex_);

  // Takes everything up to `split_time` (absent: all) that is not persisted; every lane is paused. kFailedPrecondition
  // when a chunk it needs is busy or a flush is outstanding; then nothing has begun.
  Result<PersistWork> begin_persist(std::optional<int64_t> split_time, WallTime now) EXCLUDES(mutex_);
  // The same of every chunk, persisted or not, to be dropped.
  Result<PersistWork> begin_drop(WallTime now) EXCLUDES(mutex_);
  void finish_drop(const PersistWork& work) EXCLUDES(mutex_);  // the catalog has forgotten them
  void abort_drop(const PersistWork& work) EXCLUDES(mutex_);
  // The rows are in the catalog: `results` replace the sources and the flush is done, in one step.
  void finish_persist(const PersistWork& work, std::vector<StagedChunk> results) EXCLUDES(mutex_);
  void abort_persist(const PersistWork& work) EXCLUDES(mutex_);
  // What finish_persist() will report to the watermarks.
  std::vector<persistence::MinimumChange> flush_changes() const EXCLUDES(mutex_);

  persistence::PartitionCheckpoint checkpoint() const EXCLUDES(mutex_);
  void rotate_windows(Duration late_arrive_window, WallTime now) EXCLUDES(mutex_);
  // What a checkpoint had seen before a restart.
  void mark_seen(const persistence::SequencerRanges& ranges) EXCLUDES(mutex_);
  // Whether rows came or a job ended since the last call.
  bool take_changed() { return changed_.exchange(false, std::memory_order_relaxed); }
  // What the policy sees, but for the history of its jobs.
  lifecycle::PartitionView view() const EXCLUDES(mutex_);
  // The same as it will be at `then` if nothing happens before.
  lifecycle::PartitionView view_at(Duration late_arrive_window, WallTime then) const EXCLUDES(mutex_);

  // Ids for results of jobs; never given again.
  model::ChunkId next_chunk_id() EXCLUDES(mutex_);
  // Both while loading.
  void add(StagedChunk chunk) EXCLUDES(mutex_);
  void go_on_after(model::ChunkId id, model::ChunkOrder order) EXCLUDES(mutex_);
  void close(WallTime now) EXCLUDES(mutex_);  // the open chunk, if there is one; lane paused
  // Loses rows, if it was not persisted: they count as persisted from now on.
  Result<> drop(model::ChunkId id) EXCLUDES(mutex_);
  // Copies to look at; nullopt if there is none.
  std::optional<StagedChunk> find(model::ChunkId id) const EXCLUDES(mutex_);
  std::vector<StagedChunk> chunks() const EXCLUDES(mutex_);  // by order
  void tally(ChunkTally& sums) const EXCLUDES(mutex_);
  Result<> unload(model::ChunkId id, std::shared_ptr<const chunk::StoredImage> image) EXCLUDES(mutex_);
  Result<> load(model::ChunkId id, std::shared_ptr<const chunk::Image> in_memory) EXCLUDES(mutex_);

  // For a query: every chunk with rows counts as used at `now`.
  void snapshot(WallTime now, std::vector<query::ChunkSnapshot>& out) const EXCLUDES(mutex_);
  uint64_t rows() const EXCLUDES(mutex_);  // of all chunks, duplicates between them included

 private:
  Result<PersistWork> begin_flush(std::span<const model::ChunkId> ids, LifecycleAction action,
                                  std::optional<int64_t> split_time, WallTime now) REQUIRES(mutex_);
  void finish_flush(const PersistWork& work, LifecycleAction action, std::vector<StagedChunk> results) REQUIRES(mutex_);
  void abort_flush(const PersistWork& work, LifecycleAction action) REQUIRES(mutex_);
  lifecycle::PartitionView view_with(const persistence::PersistenceWindows& windows) const REQUIRES(mutex_);
  std::shared_ptr<chunk::OpenChunk> open_for_append(WallTime now) REQUIRES(mutex_);
  Result<std::vector<entry::SeriesOrdinal>> resolve_series(const entry::ParsedBody& body,
                                                           const entry::PartitionWrite& write,
                                                           const schema::TableSchema& schema,
                                                           chunk::SeriesDictionary& dictionary) const;
  std::shared_ptr<chunk::OpenChunk> open_rows() REQUIRES(mutex_);  // nullptr if there is no open chunk
  void settle_dictionary(const chunk::OpenChunk& closed) REQUIRES(mutex_);
  template <class Edge>
  Result<> change(model::ChunkId id, Edge&& edge, ChunkEvent event) EXCLUDES(mutex_);
  void closed(const chunk::OpenChunk& rows) REQUIRES(mutex_);  // the open chunk was
  // Those that `action` began on, in write order.
  std::vector<ChunkWork> work_begun(std::span<const model::ChunkId> ids, LifecycleAction action) const REQUIRES(mutex_);
  Result<> put_results(std::span<const model::ChunkId> sources, LifecycleAction action,
                       std::vector<StagedChunk> results) REQUIRES(mutex_);
  uint64_t count_memory() const REQUIRES(mutex_);
  void charge() REQUIRES(mutex_);  // after every change of chunks or dictionary

  const PartitionContext& context_;
  const std::string table_;
  const std::string key_;
  std::atomic<bool> changed_ = true;
  Mutex append_mutex_;  // over a whole append: an open chunk has one writer
  mutable Mutex mutex_;
  ChunkList chunks_ GUARDED_BY(mutex_);
  persistence::PersistenceWindows windows_ GUARDED_BY(mutex_);
  std::shared_ptr<chunk::SeriesDictionary> dictionary_ GUARDED_BY(mutex_);
  uint64_t dictionary_series_at_open_ GUARDED_BY(mutex_) = 0;
  uint64_t charged_bytes_ GUARDED_BY(mutex_) = 0;
  uint64_t charged_open_bytes_ GUARDED_BY(mutex_) = 0;  // of these: the open chunk and its dictionary
};

}  // namespace magnetite::database
