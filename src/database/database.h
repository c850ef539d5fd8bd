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
#include "database/lane.h"
#include "database/memory_gauge.h"
#include "database/table_set.h"
#include "database/write.h"
#include "entry/partition_key.h"
#include "model/database_rules.h"
#include "query/table_snapshot.h"
#include "write_buffer/file/file_log.h"

namespace magnetite::database {

// What a server shares among its databases; outlives them.
struct Surroundings {
  Executor& executor;
  WorkerPool& jobs;  // freezing
  std::shared_ptr<chunk::DecodedCache> cache;
  MemoryGauge& memory;
  model::Limits limits;
  uint64_t open_chunk_bytes_max = 256ull << 20;
};

struct IngestCounters {
  std::atomic<uint64_t> lines_accepted = 0;
  std::atomic<uint64_t> lines_rejected = 0;
  std::atomic<uint64_t> fields_accepted = 0;
  std::atomic<uint64_t> body_bytes = 0;
  std::atomic<uint64_t> replayed_bytes = 0;
  std::atomic<uint64_t> replay_records_skipped = 0;  // undecodable ones, logged with their sequence
};

// Thread-safe, except replay(), which runs once before anything else.
class Database final : public query::TableSource {
 public:
  // `log` is this database's own; rules are validated.
  static Result<std::shared_ptr<Database>> make(const Surroundings& surroundings, model::DatabaseRules rules,
                                                std::unique_ptr<write_buffer::FileLog> log);
  ~Database() override;  // waits for running freezes

  // Rereads the whole log, sequencers in parallel. `stop` ends it early with kShutdown.
  Result<> replay(const std::atomic<bool>& stop);

  // Durable and visible when it returns (L5, L11).
  Result<WriteReport> write(WriteInput input);

  model::DatabaseRules rules() const EXCLUDES(mutex_);
  // Name, partition template and write buffer are fixed; the rest may change.
  Result<> check_update(const model::DatabaseRules& rules) const EXCLUDES(mutex_);
  void update_rules(model::DatabaseRules rules) EXCLUDES(mutex_);  // takes effect at once

  const IngestCounters& counters() const { return counters_; }
  write_buffer::WriterStatus log_status() const { return log_->writer().status(); }
  uint64_t rows() const;
  uint64_t memory_bytes() const;

  const std::string& database_name() const override { return name_; }
  std::vector<std::string> table_names() const override;
  std::shared_ptr<const schema::TableSchema> table_schema(std::string_view table) const override;
  Result<query::TableSnapshot> snapshot(std::string_view table) const override;

 private:
  struct Prepared;

  Database(const Surroundings& surroundings, model::DatabaseRules rules, std::unique_ptr<write_buffer::FileLog> log,
           entry::PartitionKeyMaker maker);

  Result<std::shared_ptr<Prepared>> prepare(WriteInput input);
  Result<> sequence(const std::shared_ptr<Prepared>& prepared);
  void apply(const entry::ParsedBody& body, const entry::RoutedWrite& routed, const entry::PartitionWrite& write,
             WallTime now);
  Result<> replay_stream(write_buffer::Stream& stream, size_t lane, const std::atomic<bool>& stop);
  Result<> replay_record(const write_buffer::SequencedRecord& record, size_t lane);
  void freeze_if_due(const std::shared_ptr<Table>& table, const std::shared_ptr<Partition>& partition, WallTime now);
  void freeze(Table& table, Partition& partition, const ClosedChunk& closed) EXCLUDES(mutex_);

  const Surroundings surroundings_;
  const std::string name_;
  const std::unique_ptr<write_buffer::FileLog> log_;
  const entry::PartitionKeyMaker partition_keys_;
  const model::Uuid writer_id_ = model::Uuid::random();
  TableSet tables_;
  AnnouncedColumns announced_;
  std::atomic<uint64_t> memory_held_ = 0;  // our share of the gauge
  IngestCounters counters_;
  std::vector<std::unique_ptr<Lane>> lanes_;  // by position in the log's sequencer_ids()

  mutable Mutex mutex_;
  Signal freezes_done_;
  model::DatabaseRules rules_ GUARDED_BY(mutex_);
  size_t freezes_running_ GUARDED_BY(mutex_) = 0;
};

}  // namespace magnetite::database
