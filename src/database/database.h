// A database: the joint of schema, log, lanes and chunks. Decisions live elsewhere; this wires them.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/worker_pool.h"
#include "chunk/decoded_cache.h"
#include "database/catalog_binding.h"
#include "database/chunk_counters.h"
#include "database/chunk_files.h"
#include "database/chunk_info.h"
#include "database/ingest.h"
#include "database/lifecycle_worker.h"
#include "database/memory_gauge.h"
#include "database/replay.h"
#include "database/sequencer_status.h"
#include "database/system_tables.h"
#include "database/table_set.h"
#include "database/write_path.h"
#include "entry/partition_key.h"
#include "jobs/job_registry.h"
#include "model/database_rules.h"
#include "query/table_snapshot.h"
#include "sharding/sharder.h"
#include "write_buffer/log.h"

namespace magnetite::database {

// What a server shares among its databases; outlives them.
struct Surroundings {
  Executor& executor;
  WorkerPool& pool;  // where jobs run
  jobs::JobRegistry& jobs;
  std::shared_ptr<chunk::DecodedCache> cache;
  std::shared_ptr<chunk::FooterCache> footers;
  object_store::ObjectStore& store;
  MemoryGauge& memory;
  model::Limits limits;
  uint64_t open_chunk_bytes_max = 256ull << 20;
  lifecycle::JobSlots job_slots;        // per database
  uint64_t log_bytes_max = UINT64_MAX;  // of a database with a log of its own that persists nothing
};

// Thread-safe, except begin() and replay(), of which one runs once before anything else.
class Database final : public query::TableSource {
 public:
  // `log` is this database's, used as the rules say, and so is `folder` in the store; rules are validated. A new
  // database gets an empty catalog; any other must have one, and its files and checkpoints are there when this returns.
  // kFailedPrecondition where a log that others have too is not the one the catalog knows (L3), unless that is
  // accepted.
  enum class Origin : uint8_t { kCreated, kExisting };
  static Result<std::shared_ptr<Database>> open(const Surroundings& surroundings, model::DatabaseRules rules,
                                                write_buffer::Log log, object_store::ObjectPath folder, Origin origin,
                                                const ReplayChoices& choices = {});
  ~Database() override;  // waits for running jobs

  // For one just created: a log that others write is read from its start, in the background.
  Result<> begin();
  // Reads again what the log has that is not persisted; a log that others write is read on from there, until stop().
  // `stop` ends it early with kShutdown.
  Result<> replay(const std::atomic<bool>& stop);

  // Ends reading, and what waits for a store that does not answer; commits fail from now on.
  void stop();

  // One pass of the lifecycle, once replay has ended; now and then it also removes files that no catalog names. Returns
  // when the next pass is due at the latest. For one task.
  MonoTime run_lifecycle();
  LifecycleWorker& lifecycle() { return lifecycle_; }
  // Durable and visible when it returns (L5, L11).
  Result<WriteReport> write(WriteInput input);

  model::DatabaseRules rules() const EXCLUDES(mutex_);
  // Name, partition template and write buffer are fixed; the rest may change.
  Result<> check_update(const model::DatabaseRules& rules) const EXCLUDES(mutex_);
  void update_rules(model::DatabaseRules rules) EXCLUDES(mutex_);  // takes effect at once
  // Where its writes go by the rules; nullptr: here. write() does not ask.
  std::shared_ptr<const sharding::Route> route() const EXCLUDES(mutex_);

  const IngestCounters* counters() const { return writes_ == nullptr ? nullptr : &writes_->counters(); }
  const ReplayCounters& replay_counters() const { return replay_counters_; }
  ReplayProgress replay_progress() const {
    return progress_of(replay_counters_, surroundings_.executor.clock().mono_now());
  }
  write_buffer::WriterStatus log_status() const;
  std::optional<uint64_t> log_bytes_max() const EXCLUDES(mutex_);  // absent: the log is trimmed as rows are persisted
  const write_buffer::Log& log() const { return log_; }
  std::vector<SequencerStatus> sequencers() const EXCLUDES(mutex_);
  std::string problem() const;  // why writes are refused for good; empty = they are not
  uint64_t rows() const;
  uint64_t memory_bytes() const { return memory_.bytes(); }

  ChunkTally chunk_tally() const;
  ChunkEventCounts chunk_events() const { return chunk_counters_.counts(); }
  const query::PruneCounters& pruned() const { return *pruned_; }

  std::vector<ChunkInfo> chunks() const;  // those with rows, by table, partition and order

  const std::string& database_name() const override { return name_; }
  std::vector<std::string> table_names() const override;
  std::shared_ptr<const schema::TableSchema> table_schema(std::string_view table) const override;
  Result<query::TableSnapshot> snapshot(std::string_view table) const override;
  const query::SystemTables* system_tables() const override { return &system_tables_; }

 private:
  Database(const Surroundings& surroundings, model::DatabaseRules rules, write_buffer::Log log,
           entry::PartitionKeyMaker maker, object_store::ObjectPath folder, const ReplayChoices& choices);
  Result<> load(Origin origin);
  void follow(std::unique_ptr<write_buffer::Reader> reader) EXCLUDES(mutex_);
  Result<> admit(uint64_t bytes) const EXCLUDES(mutex_);
  Result<> admit_ingest(uint64_t bytes) const EXCLUDES(mutex_);

  void apply(const entry::ParsedBody& body, const entry::RoutedWrite& routed, const entry::PartitionWrite& write,
             const write_buffer::StoredAt& stored_at);
  void move_if_due(const std::shared_ptr<Table>& table, const std::shared_ptr<Partition>& partition, WallTime now);
  // Runs `body` on the pool as a job; on this thread when the pool has no room, so that work is never put off for ever.
  void clean_up_if_due(uint64_t avg_sleep_seconds);
  jobs::JobId start_job(jobs::JobKind kind, jobs::JobSubject subject, jobs::JobRegistry::Body body) EXCLUDES(mutex_);

  const Surroundings surroundings_;
  const std::string name_;
  const model::Uuid uuid_;
  const write_buffer::Log log_;
  const ReplayChoices choices_;
  const entry::PartitionKeyMaker partition_keys_;
  MemoryAccount memory_;
  Watermarks watermarks_;
  ChunkCounters chunk_counters_;
  const std::shared_ptr<query::PruneCounters> pruned_ = std::make_shared<query::PruneCounters>();
  const PartitionContext partition_context_;
  TableSet tables_;
  AnnouncedColumns announced_;
  ReplayCounters replay_counters_;
  persistence::ReplayPlan replay_plan_;
  ApplyGates gates_;
  std::vector<Mutex*> sequencer_gates_;  // by position in the log's sequencer_ids()
  const PlayerParts player_;
  std::unique_ptr<WritePath> writes_;  // nullptr where the log is only read
  const ChunkFiles files_;
  CatalogBinding catalog_;
  LifecycleWorker lifecycle_;
  const SystemTables system_tables_;
  std::optional<MonoTime> next_clean_up_;  // of run_lifecycle() alone

  mutable Mutex mutex_;
  Signal jobs_done_;
  model::DatabaseRules rules_ GUARDED_BY(mutex_);
  std::shared_ptr<const sharding::Route> route_ GUARDED_BY(mutex_);
  size_t jobs_running_ GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Ingest> ingest_ GUARDED_BY(mutex_);  // once replay has ended, where the log is only read
};

}  // namespace magnetite::database
