#include "database/database.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/logging.h"
#include "database/chunk_jobs.h"
#include "database/restore.h"
#include "lifecycle/admission.h"

namespace magnetite::database {
namespace {

// Of the process's memory: kept for jobs, which give memory back, so that refusing writes always comes to an end.
constexpr uint64_t kJobReserveParts = 16;
// Memory is given back before writes have to be refused: from this share of the process's memory on, in percent.
constexpr uint64_t kSoftPercent = 75;

Duration late_arrive_window(const model::DatabaseRules& rules) {
  return std::chrono::seconds(rules.lifecycle.late_arrive_window_seconds);
}

}  // namespace

Result<std::shared_ptr<Database>> Database::open(const Surroundings& surroundings, model::DatabaseRules rules,
                                                 write_buffer::Log log, object_store::ObjectPath folder, Origin origin,
                                                 const ReplayChoices& choices) {
  MAGNETITE_TRY(entry::PartitionKeyMaker maker, entry::PartitionKeyMaker::make(rules.partition_template));
  std::shared_ptr<Database> database(
      new Database(surroundings, std::move(rules), std::move(log), std::move(maker), std::move(folder), choices));
  {
    const MutexLock lock(database->mutex_);
    MAGNETITE_TRY(database->route_, sharding::compile(database->rules_.routing));
  }
  MAGNETITE_RETURN_IF_ERROR(database->load(origin));
  return database;
}

Database::Database(const Surroundings& surroundings, model::DatabaseRules rules, write_buffer::Log log,
                   entry::PartitionKeyMaker maker, object_store::ObjectPath folder, const ReplayChoices& choices)
    : surroundings_(surroundings),
      name_(rules.name),
      uuid_(rules.uuid),
      log_(std::move(log)),
      choices_(choices),
      partition_keys_(std::move(maker)),
      memory_(surroundings.memory),
      watermarks_(log_.id()),
      partition_context_{name_, log_.id(), late_arrive_window(rules), memory_, watermarks_, chunk_counters_},
      tables_(surroundings.limits, partition_context_),
      announced_(log_.sequencer_ids().size()),
      player_{name_,
              uuid_,
              tables_,
              announced_,
              partition_keys_,
              surroundings.limits,
              log_.use() == write_buffer::LogUse::kRead ? RecordSource::kAnybody : RecordSource::kOwn,
              static_cast<uint32_t>(log_.sequencer_ids().size()),
              [this](const auto&... arguments) { apply(arguments...); }},
      files_(surroundings.store, folder, surroundings.footers, surroundings.cache),
      catalog_({surroundings.store, surroundings.executor, std::move(folder), uuid_}, tables_, log_),
      lifecycle_({surroundings.executor, name_, uuid_, tables_, gates_, watermarks_, files_, catalog_, memory_,
                  surroundings.job_slots,
                  [this](jobs::JobKind kind, jobs::JobSubject subject, jobs::JobRegistry::Body body) {
                    return start_job(kind, std::move(subject), std::move(body));
                  }}),
      system_tables_({name_, tables_, surroundings.jobs, lifecycle_, [this] { return this->rules(); },
                      [this] { return sequencers(); }}),
      jobs_done_(surroundings.executor),
      rules_(std::move(rules)) {
  for (size_t i = 0; i < log_.sequencer_ids().size(); ++i) sequencer_gates_.push_back(&gates_.add());
  if (log_.writer() != nullptr)
    writes_ = std::make_unique<WritePath>(surroundings.executor, player_, *log_.writer(), sequencer_gates_);
}

Result<> Database::load(Origin origin) {
  const uint64_t transactions_max = rules().lifecycle.catalog_transactions_until_checkpoint;
  if (origin == Origin::kCreated)
    MAGNETITE_RETURN_IF_ERROR(catalog_.create(transactions_max));
  else
    MAGNETITE_RETURN_IF_ERROR(catalog_.load(transactions_max));
  MAGNETITE_TRY(replay_plan_, restore(*catalog_.state(), files_, tables_, announced_, log_));
  if (!replay_plan_.empty()) watermarks_.seen(replay_plan_.database_checkpoint());
  return catalog_.start_log(choices_.accept_loss);
}

Database::~Database() {
  std::unique_ptr<Ingest> ingest;
  {
    const MutexLock lock(mutex_);
    ingest = std::move(ingest_);
  }
  ingest.reset();  // starts no more jobs
  const MutexLock lock(mutex_);
  while (jobs_running_ > 0) jobs_done_.wait_until(mutex_, kNever, WaitReason::kJob);
}

Result<WriteReport> Database::write(WriteInput input) {
  const bool immutable = rules().lifecycle.immutable;
  if (log_.use() == write_buffer::LogUse::kRead)
    return fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("Database {} only reads from its write buffer: write to the database that fills it", name_));
  // One that writes a log for others and keeps nothing is a forwarder.
  const bool forward = immutable && log_.use() == write_buffer::LogUse::kWritten;
  if (immutable && !forward)
    return fail(ErrorCode::kFailedPrecondition, fmt::format("Database {} is immutable: it cannot be written", name_));
  MAGNETITE_RETURN_IF_ERROR(admit(input.body.size()));
  return writes_->write(std::move(input), forward ? WritePath::After::kForget : WritePath::After::kApply);
}

Result<> Database::admit_ingest(uint64_t bytes) const {
  if (rules().lifecycle.immutable)
    return fail(ErrorCode::kFailedPrecondition, "the database is immutable: nothing is read from its write buffer");
  return admit(bytes);
}

Result<> Database::admit(uint64_t bytes) const {
  MAGNETITE_RETURN_IF_ERROR(catalog_.check_owned());
  const MemoryGauge& process = surroundings_.memory;
  const lifecycle::MemoryUse use{memory_.bytes(), process.bytes()};
  const lifecycle::MemoryLimits limits{rules().lifecycle.buffer_bytes_hard, process.bytes_max(),
                                       process.bytes_max() / kJobReserveParts};
  MAGNETITE_RETURN_IF_ERROR(lifecycle::admit(bytes, use, limits));
  const auto log_bytes_max = this->log_bytes_max();
  return log_bytes_max ? lifecycle::admit_to_log(bytes, log_.status().bytes_on_disk, *log_bytes_max) : Result<>();
}

std::optional<uint64_t> Database::log_bytes_max() const {
  if (log_.use() != write_buffer::LogUse::kOwn || rules().lifecycle.persist) return std::nullopt;
  return surroundings_.log_bytes_max;
}

void Database::apply(const entry::ParsedBody& body, const entry::RoutedWrite& routed,
                     const entry::PartitionWrite& write, const write_buffer::StoredAt& stored_at) {
  const entry::TableWrite& wanted = routed.tables[write.table];
  const std::shared_ptr<Table> table = tables_.find_or_create(wanted.name);
  const std::shared_ptr<Partition> partition = table->partition(write.partition_key);
  const WallTime now = surroundings_.executor.clock().wall_now();
  auto applied = partition->append(body, routed.field_columns, write, wanted.schema, stored_at, now);
  if (!applied) {
    log::error("BUG: a sequenced entry could not be applied", {{"database", name_},
                                                               {"table", wanted.name},
                                                               {"partition", write.partition_key},
                                                               {"error", applied.error().describe()}});
    return;
  }
  move_if_due(table, partition, now);
}

void Database::move_if_due(const std::shared_ptr<Table>& table, const std::shared_ptr<Partition>& partition,
                           WallTime now) {
  auto due = partition->close_if_above(surroundings_.open_chunk_bytes_max, now);
  if (!due) return;
  jobs::JobSubject subject{name_, partition->table(), partition->key(), {due->id}};
  start_job(jobs::JobKind::kCloseChunk, std::move(subject),
            [this, table, partition, work = *std::move(due)](jobs::JobControl& control) {
              return move_chunk({name_, uuid_, surroundings_.cache}, *table, *partition, work, control);
            });
}

jobs::JobId Database::start_job(jobs::JobKind kind, jobs::JobSubject subject, jobs::JobRegistry::Body body) {
  {
    const MutexLock lock(mutex_);
    ++jobs_running_;
  }
  const auto running = std::make_shared<jobs::JobRegistry::Body>(
      [this, body = std::move(body)](jobs::JobControl& control) mutable -> Result<> {
        auto outcome = body(control);
        body = nullptr;
        const MutexLock lock(mutex_);
        if (--jobs_running_ == 0) jobs_done_.notify_all();
        return outcome;
      });
  const auto run = [running](jobs::JobControl& control) { return (*running)(control); };
  if (const auto submitted = surroundings_.jobs.submit(surroundings_.pool, kind, subject, run)) return *submitted;
  return surroundings_.jobs.run(kind, std::move(subject), run);
}

Result<> Database::replay(const std::atomic<bool>& stop) {
  // A forwarder keeps nothing, so it has nothing to read again.
  if (log_.use() == write_buffer::LogUse::kWritten && rules().lifecycle.immutable) return {};
  MAGNETITE_TRY(std::unique_ptr<write_buffer::Reader> reader, log_.make_reader());
  const ReplayParts parts{surroundings_.executor, player_, watermarks_, replay_counters_,
                          log_.use() != write_buffer::LogUse::kOwn || choices_.accept_loss};
  MAGNETITE_RETURN_IF_ERROR(database::replay(*reader, replay_plan_, parts, choices_, stop));
  if (log_.use() == write_buffer::LogUse::kRead) follow(std::move(reader));
  return {};
}

Result<> Database::begin() {
  if (log_.use() != write_buffer::LogUse::kRead) return {};
  MAGNETITE_TRY(std::unique_ptr<write_buffer::Reader> reader, log_.make_reader());
  follow(std::move(reader));
  return {};
}

void Database::follow(std::unique_ptr<write_buffer::Reader> reader) {
  const MutexLock lock(mutex_);
  ingest_ = std::make_unique<Ingest>(IngestParts{surroundings_.executor, player_, gates_, sequencer_gates_, log_,
                                                 replay_plan_, [this](uint64_t bytes) { return admit_ingest(bytes); }});
  ingest_->start(std::move(reader));
}

void Database::stop() {
  Ingest* ingest = nullptr;
  {
    const MutexLock lock(mutex_);
    ingest = ingest_.get();
  }
  if (ingest != nullptr) ingest->stop();
  catalog_.stop();
}

write_buffer::WriterStatus Database::log_status() const {
  write_buffer::WriterStatus status = log_.status();
  const MutexLock lock(mutex_);
  if (ingest_ != nullptr && status.problem.empty()) status.problem = ingest_->problem();
  return status;
}

std::vector<SequencerStatus> Database::sequencers() const {
  std::map<model::SequencerId, SequencerStatus> all;
  for (const model::SequencerId sequencer : log_.sequencer_ids()) all[sequencer].sequencer = sequencer;
  for (const auto& [sequencer, range] : watermarks_.checkpoint_after({}).ranges) {
    all[sequencer].sequencer = sequencer;
    all[sequencer].applied = range;
  }
  {
    const MutexLock lock(mutex_);
    if (ingest_ != nullptr)
      for (IngestStatus& each : ingest_->status()) {
        all[each.sequencer].sequencer = each.sequencer;
        all[each.sequencer].ingest = std::move(each);
      }
  }
  std::vector<SequencerStatus> listed;
  for (auto& [sequencer, status] : all) listed.push_back(std::move(status));
  return listed;
}

std::string Database::problem() const {
  const auto owned = catalog_.check_owned();
  return owned ? std::string() : owned.error().message();
}

MonoTime Database::run_lifecycle() {
  constexpr Duration kLookAgain = std::chrono::minutes(1);
  if (!catalog_.check_owned())
    return surroundings_.executor.clock().mono_now() + kLookAgain;  // nothing it did would count
  const model::DatabaseRules now = rules();
  uint64_t soft = now.lifecycle.buffer_bytes_soft;
  const MemoryGauge& process = surroundings_.memory;
  if (process.bytes() >= process.bytes_max() / 100 * kSoftPercent) {
    const uint64_t fair = std::max<uint64_t>(1, memory_.bytes() / 100 * kSoftPercent);
    soft = soft == 0 ? fair : std::min(soft, fair);
  }
  clean_up_if_due(now.worker_cleanup_avg_sleep_seconds);
  return lifecycle_.run_once(now, soft);
}

void Database::clean_up_if_due(uint64_t avg_sleep_seconds) {
  const MonoTime now = surroundings_.executor.clock().mono_now();
  if (!next_clean_up_) next_clean_up_ = now + std::chrono::seconds(avg_sleep_seconds);
  if (now < *next_clean_up_) return;
  next_clean_up_ = now + std::chrono::seconds(avg_sleep_seconds);
  start_job(jobs::JobKind::kCleanUp, {name_, {}, {}, {}}, [this](jobs::JobControl&) { return catalog_.clean_up(); });
}

model::DatabaseRules Database::rules() const {
  const MutexLock lock(mutex_);
  return rules_;
}

Result<> Database::check_update(const model::DatabaseRules& rules) const {
  const MutexLock lock(mutex_);
  if (rules.partition_template != rules_.partition_template)
    return fail(ErrorCode::kFailedPrecondition,
                "rules.partition_template: is fixed by the first write, one identity must stay in one partition");
  if (rules.write_buffer_writing != rules_.write_buffer_writing ||
      rules.write_buffer_reading != rules_.write_buffer_reading)
    return fail(ErrorCode::kFailedPrecondition,
                "rules.write_buffer_connection: is fixed when a database is created: make another one for another log");
  if (!rules.write_buffer_writing.empty() && rules.lifecycle.immutable != rules_.lifecycle.immutable)
    return fail(ErrorCode::kFailedPrecondition,
                "rules.lifecycle_rules.immutable: is fixed for a database that writes to a write buffer: what it "
                "forwarded and what it keeps could not be told apart");
  MAGNETITE_RETURN_IF_ERROR(sharding::compile(rules.routing));
  return {};
}

void Database::update_rules(model::DatabaseRules rules) {
  auto route = sharding::compile(rules.routing);
  MAGNETITE_CHECK_MSG(route.has_value(), "rules that were not checked");
  {
    const MutexLock lock(mutex_);
    rules_ = std::move(rules);
    route_ = *std::move(route);
  }
  lifecycle_.rules_changed();
}

std::shared_ptr<const sharding::Route> Database::route() const {
  const MutexLock lock(mutex_);
  return route_;
}

uint64_t Database::rows() const {
  uint64_t rows = 0;
  for (const auto& table : tables_.all())
    for (const auto& partition : table->partitions()) rows += partition->rows();
  return rows;
}

ChunkTally Database::chunk_tally() const {
  ChunkTally tally;
  for (const auto& table : tables_.all())
    for (const auto& partition : table->partitions()) partition->tally(tally);
  return tally;
}

std::vector<ChunkInfo> Database::chunks() const {
  std::vector<ChunkInfo> infos;
  for (const auto& table : tables_.all())
    for (const auto& partition : table->partitions())
      for (const StagedChunk& chunk : partition->chunks())
        if (chunk.rows() > 0) infos.push_back(info_of(chunk));
  return infos;
}

std::vector<std::string> Database::table_names() const {
  std::vector<std::string> names;
  for (const auto& table : tables_.all()) names.push_back(table->schema()->table());
  return names;
}

std::shared_ptr<const schema::TableSchema> Database::table_schema(std::string_view table) const {
  const std::shared_ptr<Table> found = tables_.find(table);
  return found == nullptr ? nullptr : found->schema();
}

Result<query::TableSnapshot> Database::snapshot(std::string_view table) const {
  const std::shared_ptr<Table> found = tables_.find(table);
  if (found == nullptr) return fail(ErrorCode::kNotFound, fmt::format("Table or CTE with name '{}' not found", table));
  query::TableSnapshot snapshot;
  // Chunks first: whatever columns their rows have are in a schema read later.
  const WallTime now = surroundings_.executor.clock().wall_now();
  for (const auto& partition : found->partitions()) partition->snapshot(now, snapshot.chunks);
  snapshot.schema = found->schema();
  snapshot.sort_key = found->query_sort_key();
  snapshot.pruned = pruned_;
  return snapshot;
}

}  // namespace magnetite::database
