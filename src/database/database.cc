#include "database/database.h"

#include <fmt/format.h>

#include "base/logging.h"

namespace magnetite::database {
namespace {

// A disk that does not answer for this long is reported as unclear instead of holding the client.
constexpr std::chrono::seconds kWriteDeadline{60};

}  // namespace

Result<std::shared_ptr<Database>> Database::make(const Surroundings& surroundings, model::DatabaseRules rules,
                                                 std::unique_ptr<write_buffer::FileLog> log) {
  MAGNETITE_TRY(entry::PartitionKeyMaker maker, entry::PartitionKeyMaker::make(rules.partition_template));
  return std::shared_ptr<Database>(new Database(surroundings, std::move(rules), std::move(log), std::move(maker)));
}

Database::Database(const Surroundings& surroundings, model::DatabaseRules rules,
                   std::unique_ptr<write_buffer::FileLog> log, entry::PartitionKeyMaker maker)
    : surroundings_(surroundings),
      name_(rules.name),
      log_(std::move(log)),
      partition_keys_(std::move(maker)),
      tables_(surroundings.limits),
      announced_(log_->writer().sequencer_ids().size()),
      freezes_done_(surroundings.executor),
      rules_(std::move(rules)) {
  for (const model::SequencerId sequencer : log_->writer().sequencer_ids())
    lanes_.push_back(std::make_unique<Lane>(log_->writer(), sequencer));
}

Database::~Database() {
  {
    const MutexLock lock(mutex_);
    while (freezes_running_ > 0) freezes_done_.wait_until(mutex_, kNever, WaitReason::kJob);
  }
  surroundings_.memory.remove(memory_held_);
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
  MAGNETITE_RETURN_IF_ERROR(surroundings_.memory.admit(input.body.size()));
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

Result<> Database::sequence(const std::shared_ptr<Prepared>& prepared) {
  for (const entry::PartitionWrite& partition : prepared->routed.partitions) {
    Prepared::PerLane& lane = prepared->lanes[partition.sequencer_index];
    lane.partitions.push_back(&partition);
    lane.lines += partition.lines.size();
  }
  const entry::EntryHeaders base{name_, rules().uuid, writer_id_, {}};
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
        apply(prepared->body, prepared->routed, *partition, stored_at.written_at);
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
                     const entry::PartitionWrite& write, WallTime now) {
  const entry::TableWrite& wanted = routed.tables[write.table];
  const std::shared_ptr<Table> table = tables_.find_or_create(wanted.name);
  const std::shared_ptr<Partition> partition = table->partition(write.partition_key);
  auto grown = partition->append(body, routed.field_columns, write, wanted.schema, now);
  if (!grown) {
    log::error("BUG: a sequenced entry could not be applied", {{"database", name_},
                                                               {"table", wanted.name},
                                                               {"partition", write.partition_key},
                                                               {"error", grown.error().describe()}});
    return;
  }
  surroundings_.memory.add(*grown);
  memory_held_ += *grown;
  freeze_if_due(table, partition, now);
}

void Database::freeze_if_due(const std::shared_ptr<Table>& table, const std::shared_ptr<Partition>& partition,
                             WallTime now) {
  auto due = partition->close_if_above(surroundings_.open_chunk_bytes_max, now);
  if (!due) return;
  {
    const MutexLock lock(mutex_);
    ++freezes_running_;
  }
  auto closed = std::make_shared<const ClosedChunk>(*std::move(due));
  auto job = [this, table, partition, closed] { freeze(*table, *partition, *closed); };
  // A full queue means that images are built slower than rows arrive: this writer builds one itself.
  if (!surroundings_.jobs.submit(job)) job();
}

void Database::freeze(Table& table, Partition& partition, const ClosedChunk& closed) {
  const auto build = [&]() -> Result<> {
    const chunk::SortKey key = table.fix_sort_key(closed.rows);
    const std::shared_ptr<const chunk::SortedChunk> sorted = chunk::sort_rows(closed.rows, key);
    chunk::ImageIdentity identity{name_, rules().uuid, partition.key(), closed.id, closed.order};
    MAGNETITE_TRY(chunk::ImageBytes bytes, chunk::write_image(*sorted, *closed.rows.schema, identity, {}));
    MAGNETITE_TRY(std::shared_ptr<const chunk::Image> image, chunk::Image::open(std::move(bytes), surroundings_.cache));
    const uint64_t image_bytes = image->memory_bytes();
    partition.install(closed.id, std::move(image));
    surroundings_.memory.add(image_bytes);
    surroundings_.memory.remove(closed.bytes);
    memory_held_ += image_bytes;
    memory_held_ -= closed.bytes;
    return {};
  };
  if (auto built = build(); !built)  // the rows stay queryable as they are
    log::error("an image could not be built", {{"database", name_},
                                               {"table", partition.table()},
                                               {"partition", partition.key()},
                                               {"error", built.error().describe()}});
  const MutexLock lock(mutex_);
  if (--freezes_running_ == 0) freezes_done_.notify_all();
}

Result<> Database::replay(const std::atomic<bool>& stop) {
  MAGNETITE_TRY(const std::unique_ptr<write_buffer::Reader> reader, log_->make_reader());
  MAGNETITE_TRY(write_buffer::Streams streams, reader->streams());
  std::vector<Result<>> outcomes(streams.size());
  {
    std::vector<Task> tasks;
    size_t lane = 0;
    for (auto& [sequencer, stream] : streams) {
      tasks.push_back(
          surroundings_.executor.spawn("replay", [this, lane, &stop, &outcome = outcomes[lane], stream = stream.get()] {
            outcome = replay_stream(*stream, lane, stop);
          }));
      ++lane;
    }
  }
  for (Result<>& outcome : outcomes) MAGNETITE_RETURN_IF_ERROR(std::move(outcome));
  return {};
}

Result<> Database::replay_stream(write_buffer::Stream& stream, size_t lane, const std::atomic<bool>& stop) {
  while (!stop) {
    // Nobody writes yet: a deadline that has passed means "what is there".
    auto next = stream.next(surroundings_.executor.clock().mono_now());
    if (!next && next.error().code() != ErrorCode::kInvalidInput) return std::unexpected(std::move(next).error());
    if (next && !*next) return {};
    Result<> replayed = next ? replay_record(**next, lane) : Result<>(std::unexpected(std::move(next).error()));
    if (replayed) continue;
    counters_.replay_records_skipped += 1;
    log::error("a log record was skipped",
               {{"database", name_}, {"sequencer", std::to_string(lane)}, {"error", replayed.error().describe()}});
  }
  return fail(ErrorCode::kShutdown, "replay was stopped");
}

Result<> Database::replay_record(const write_buffer::SequencedRecord& record, size_t lane) {
  MAGNETITE_TRY(const entry::EntryHeaders headers, entry::decode(record.headers));
  if (headers.database_uuid != rules().uuid)
    return fail(ErrorCode::kCorruption, fmt::format("record belongs to database {}", headers.database_uuid.text()));
  MAGNETITE_RETURN_IF_ERROR(tables_.declare(headers.declarations));
  announced_.announce(lane, headers.declarations);

  entry::ParsedBody body;
  body.text = record.payload;
  line_protocol::ParseOptions parsing;
  parsing.key_bytes_max = parsing.line_bytes_max = SIZE_MAX / 2;
  line_protocol::parse(body.text, parsing, body.batch);
  entry::RouteOptions routing;
  routing.sequencer_count = static_cast<uint32_t>(lanes_.size());
  routing.limits = {SIZE_MAX / 2, SIZE_MAX / 2, SIZE_MAX / 2, SIZE_MAX / 2};
  entry::RoutedWrite routed = entry::route(body, partition_keys_, routing, tables_);
  MAGNETITE_TRY(const bool agreed, tables_.agree(routed));
  if (!agreed) routed = entry::route(body, partition_keys_, routing, tables_);
  for (const entry::PartitionWrite& write : routed.partitions) apply(body, routed, write, record.stored_at.written_at);
  counters_.replayed_bytes += body.text.size();
  if (routed.errors.empty()) return {};
  return fail(ErrorCode::kCorruption,
              fmt::format("{} lines of sequence {}/{} do not fit the schema, first: {}", routed.errors.size(),
                          record.stored_at.sequence.sequencer.value, record.stored_at.sequence.number.value,
                          routed.errors.front().message));
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
  const MutexLock lock(mutex_);
  rules_ = std::move(rules);
}

uint64_t Database::rows() const {
  uint64_t rows = 0;
  std::vector<query::ChunkSnapshot> chunks;
  for (const auto& table : tables_.all()) {
    for (const auto& partition : table->partitions()) {
      chunks.clear();
      partition->snapshot(chunks);
      for (const query::ChunkSnapshot& chunk : chunks) rows += chunk.rows;
    }
  }
  return rows;
}

uint64_t Database::memory_bytes() const { return memory_held_; }

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
  for (const auto& partition : found->partitions()) partition->snapshot(snapshot.chunks);
  snapshot.schema = found->schema();
  snapshot.sort_key = found->query_sort_key();
  return snapshot;
}

}  // namespace magnetite::database
