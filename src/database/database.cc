#include "database/database.h"

#include <fmt/format.h>

#include "base/logging.h"
#include "database/chunk_jobs.h"
#include "database/restore.h"
#include "lifecycle/admission.h"

namespace magnetite::database {
namespace {

// A disk that does not answer for this long is reported as unclear instead of holding the client.
constexpr std::chrono::seconds kWriteDeadline{60};
// Of the process's memory: kept for jobs, which give memory back, so that refusing writes always comes to an end.
constexpr uint64_t kJobReserveParts = 16;
// Memory is given back before writes have to be refused: from this share of the process's memory on, in percent.
constexpr uint64_t kSoftPercent = 75;

Duration late_arrive_window(const model::DatabaseRules& rules) {
  return std::chrono::seconds(rules.lifecycle.late_arrive_window_seconds);
}

}  // namespace

Result<std::shared_ptr<Database>> Database::open(const Surroundings& surroundings, model::DatabaseRules rules,
                                                 std::unique_ptr<write_buffer::FileLog> log,
                                                 object_store::ObjectPath folder, Origin origin) {
  MAGNETITE_TRY(entry::PartitionKeyMaker maker, entry::PartitionKeyMaker::make(rules.partition_template));
  std::shared_ptr<Database> database(
      new Database(surroundings, std::move(rules), std::move(log), std::move(maker), std::move(folder)));
  MAGNETITE_RETURN_IF_ERROR(database->load(origin));
  return database;
}

Database::Database(const Surroundings& surroundings, model::DatabaseRules rules,
                   std::unique_ptr<write_buffer::FileLog> log, entry::PartitionKeyMaker maker,
                   object_store::ObjectPath folder)
    : surroundings_(surroundings),
      name_(rules.name),
      uuid_(rules.uuid),
      log_(std::move(log)),
      partition_keys_(std::move(maker)),
      memory_(surroundings.memory),
      watermarks_(log_->writer().log_id()),
      partition_context_{name_, log_->writer().log_id(), late_arrive_window(rules), memory_, watermarks_},
      tables_(surroundings.limits, partition_context_),
      announced_(log_->writer().sequencer_ids().size()),
      files_(surroundings.store, folder, surroundings.footers, surroundings.cache),
      catalog_({surroundings.store, surroundings.executor, std::move(folder), uuid_}, tables_, log_->writer()),
      lifecycle_({surroundings.executor, name_, uuid_, tables_, lanes_, watermarks_, files_, catalog_, memory_,
                  surroundings.job_slots,
                  [this](jobs::JobKind kind, jobs::JobSubject subject, jobs::JobRegistry::Body body) {
                    return start_job(kind, std::move(subject), std::move(body));
                  }}),
      system_tables_({name_, tables_, surroundings.jobs, lifecycle_, [this] { return this->rules(); }}),
      jobs_done_(surroundings.executor),
      rules_(std::move(rules)) {
  for (const model::SequencerId sequencer : log_->writer().sequencer_ids())
    lanes_.push_back(std::make_unique<Lane>(log_->writer(), sequencer));
}

Result<> Database::load(Origin origin) {
  const uint64_t transactions_max = rules().lifecycle.catalog_transactions_until_checkpoint;
  if (origin == Origin::kCreated)
    MAGNETITE_RETURN_IF_ERROR(catalog_.create(transactions_max));
  else
    MAGNETITE_RETURN_IF_ERROR(catalog_.load(transactions_max));
  MAGNETITE_TRY(replay_plan_, restore(*catalog_.state(), files_, tables_, announced_, *log_));
  if (!replay_plan_.empty()) watermarks_.seen(replay_plan_.database_checkpoint());
  return catalog_.start_log();
}

Database::~Database() {
  const MutexLock lock(mutex_);
  while (jobs_running_ > 0) jobs_done_.wait_until(mutex_, kNever, WaitReason::kJob);
}

// A write after routing: immutable, shared with the lanes until it is applied.
struct Database::Prepared {
  entry::ParsedBody body;
  entry::RoutedWrite routed;
  struct PerLane {
    std::vector<const entry::PartitionWrite*> partitions;
    entry::Payload payload;
    std::vector<entry::Declaration> declarations;
    uint64_t lines = 0;
  };
  std::map<uint32_t, PerLane> lanes;
};

Result<std::shared_ptr<Database::Prepared>> Database::prepare(WriteInput input) {
  auto prepared = std::make_shared<Prepared>();
  prepared->body.text = std::move(input.body);
  line_protocol::ParseOptions parsing;
  parsing.precision = input.precision;
  parsing.default_time_nanos = surroundings_.executor.clock().wall_now().nanos;
  parsing.key_bytes_max = surroundings_.limits.key_bytes_max;
  parsing.line_bytes_max = surroundings_.limits.line_bytes_max;
  line_protocol::parse(prepared->body.text, parsing, prepared->body.batch);

  const entry::RouteOptions routing{surroundings_.limits, static_cast<uint32_t>(lanes_.size())};
  constexpr int kTriesMax = 16;  // each lost race means that another write added columns
  for (int i = 0; i < kTriesMax; ++i) {
    prepared->routed = entry::route(prepared->body, partition_keys_, routing, tables_);
    if (!input.accept_partial && !prepared->routed.errors.empty()) return prepared;
    MAGNETITE_TRY(const bool agreed, tables_.agree(prepared->routed));
    if (agreed) return prepared;
  }
  return fail(ErrorCode::kUnavailable, "too many concurrent schema changes; repeat the write");
}

Result<WriteReport> Database::write(WriteInput input) {
  counters_.body_bytes += input.body.size();
  const bool accept_partial = input.accept_partial;
  if (rules().lifecycle.immutable)
    return fail(ErrorCode::kFailedPrecondition, fmt::format("Database {} is immutable: it cannot be written", name_));
  MAGNETITE_RETURN_IF_ERROR(admit(input.body.size()));
  MAGNETITE_TRY(const std::shared_ptr<Prepared> prepared, prepare(std::move(input)));
  entry::RoutedWrite& routed = prepared->routed;

  WriteReport report;
  const bool refused = !accept_partial && !routed.errors.empty();
  if (!refused && routed.lines_accepted > 0) {
    MAGNETITE_RETURN_IF_ERROR(sequence(prepared));
    report.lines_accepted = routed.lines_accepted;
    report.fields_accepted = routed.fields_accepted;
  }
  report.lines_rejected = routed.lines_rejected + (refused ? routed.lines_accepted : 0);
  report.errors = std::move(routed.errors);
  report.limit_errors = std::move(routed.limit_errors);
  counters_.lines_accepted += report.lines_accepted;
  counters_.lines_rejected += report.lines_rejected;
  counters_.fields_accepted += report.fields_accepted;
  return report;
}

Result<> Database::admit(uint64_t bytes) const {
  MAGNETITE_RETURN_IF_ERROR(catalog_.check_owned());
  const MemoryGauge& process = surroundings_.memory;
  const lifecycle::MemoryUse use{memory_.bytes(), process.bytes()};
  const lifecycle::MemoryLimits limits{rules().lifecycle.buffer_bytes_hard, process.bytes_max(),
                                       process.bytes_max() / kJobReserveParts};
  return lifecycle::admit(bytes, use, limits);
}

Result<> Database::sequence(const std::shared_ptr<Prepared>& prepared) {
  for (const entry::PartitionWrite& partition : prepared->routed.partitions) {
    Prepared::PerLane& lane = prepared->lanes[partition.sequencer_index];
    lane.partitions.push_back(&partition);
    lane.lines += partition.lines.size();
  }
  const entry::EntryHeaders base{name_, uuid_, writer_id_, {}};
  struct Entered {
    uint32_t lane;
    std::shared_ptr<Lane::Ticket> ticket;
  };
  std::vector<Entered> entered;
  std::optional<Error> failure;
  uint64_t lines_stored = 0;
  for (auto& [index, lane] : prepared->lanes) {
    std::vector<uint32_t> lines;
    lines.reserve(lane.lines);
    std::vector<bool> table_seen(prepared->routed.tables.size());
    for (const entry::PartitionWrite* partition : lane.partitions) {
      lines.insert(lines.end(), partition->lines.begin(), partition->lines.end());
      if (table_seen[partition->table]) continue;
      table_seen[partition->table] = true;
      auto missing = announced_.missing(index, *prepared->routed.tables[partition->table].schema);
      std::ranges::move(missing, std::back_inserter(lane.declarations));
    }
    if (lane.partitions.size() > 1) std::ranges::sort(lines);
    entry::make_payload(prepared->body, lines, lane.payload);
    entry::EntryHeaders headers = base;
    headers.declarations = lane.declarations;
    const write_buffer::Record record{entry::encode(headers), lane.payload.text};
    auto ticket = lanes_[index]->enter(record, [this, prepared, &lane](const write_buffer::StoredAt& stored_at) {
      for (const entry::PartitionWrite* partition : lane.partitions)
        apply(prepared->body, prepared->routed, *partition, stored_at);
    });
    if (!ticket) {
      failure = std::move(ticket).error();
      break;
    }
    entered.push_back({index, *std::move(ticket)});
  }
  const MonoTime deadline = surroundings_.executor.clock().mono_now() + kWriteDeadline;
  for (Entered& each : entered) {
    if (auto stored = lanes_[each.lane]->finish(*each.ticket, deadline); stored) {
      const Prepared::PerLane& lane = prepared->lanes.at(each.lane);
      lines_stored += lane.lines;
      announced_.announce(each.lane, lane.declarations);
    } else if (!failure || stored.error().code() == ErrorCode::kUnclear) {
      failure = std::move(stored).error();
    }
  }
  if (!failure) return {};
  // A full disk or a full queue is the server's trouble, not the client's rate: 503, not 429.
  if (failure->code() == ErrorCode::kResourceExhausted) failure = Error(ErrorCode::kUnavailable, failure->message());
  if (lines_stored == 0) return std::unexpected(*std::move(failure));
  return std::unexpected((*std::move(failure))
                             .with_context(fmt::format("{} of {} lines were stored, repeating the whole write is safe",
                                                       lines_stored, prepared->routed.lines_accepted)));
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
  MAGNETITE_TRY(const std::unique_ptr<write_buffer::Reader> reader, log_->make_reader());
  const ReplayTarget target{surroundings_.executor,
                            name_,
                            uuid_,
                            tables_,
                            announced_,
                            partition_keys_,
                            replay_counters_,
                            [this](const auto&... arguments) { apply(arguments...); }};
  return database::replay(*reader, replay_plan_, target, stop);
}

void Database::stop() { catalog_.stop(); }

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
                "rules.write_buffer_connection: changes only while a database is empty");
  return {};
}

void Database::update_rules(model::DatabaseRules rules) {
  {
    const MutexLock lock(mutex_);
    rules_ = std::move(rules);
  }
  lifecycle_.rules_changed();
}

uint64_t Database::rows() const {
  uint64_t rows = 0;
  for (const auto& table : tables_.all())
    for (const auto& partition : table->partitions()) rows += partition->rows();
  return rows;
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
  return snapshot;
}

}  // namespace magnetite::database
