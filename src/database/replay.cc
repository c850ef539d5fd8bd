#include "database/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/logging.h"
#include "entry/wire.h"
#include "persistence/replay_filter.h"

namespace magnetite::database {
namespace {

Result<> seek(write_buffer::Reader& reader, const persistence::ReplayPlan& plan, ReplayCounters& counters) {
  MAGNETITE_RETURN_IF_ERROR(plan.check_sequencers(reader.sequencer_ids()));
  for (const model::SequencerId sequencer : reader.sequencer_ids()) {
    MAGNETITE_TRY(const model::SequenceNumber low, reader.low_watermark(sequencer));
    MAGNETITE_TRY(const model::SequenceNumber high, reader.high_watermark(sequencer));
    uint64_t first = low.value;
    if (const auto start = plan.start(sequencer)) {
      MAGNETITE_RETURN_IF_ERROR(plan.check_extent(sequencer, low, high));
      if (start->seek) {
        MAGNETITE_RETURN_IF_ERROR(reader.seek(sequencer, *start->seek));
        first = std::max(first, start->seek->value);
      }
    }
    counters.records_total += high.value - std::min(high.value, first);
  }
  return {};
}

// The lines of a write that are later than `time`; series are looked up anew.
entry::PartitionWrite rows_after(const entry::PartitionWrite& write, const entry::ParsedBody& body, int64_t time) {
  entry::PartitionWrite rest;
  rest.table = write.table;
  rest.partition_key = write.partition_key;
  rest.sequencer_index = write.sequencer_index;
  for (const uint32_t line : write.lines) {
    const int64_t at = body.batch.lines[line].timestamp;
    if (at <= time) continue;
    rest.lines.push_back(line);
    rest.series.push_back(entry::kUnknownSeries);
    rest.times.include(at);
  }
  return rest;
}

class StreamReplay {
 public:
  StreamReplay(const persistence::ReplayPlan& plan, const ReplayTarget& target, size_t position, size_t sequencers)
      : plan_(plan), target_(target), position_(position), sequencers_(sequencers) {}

  Result<> run(write_buffer::Stream& stream, const std::atomic<bool>& stop) {
    while (!stop) {
      // A deadline that has passed means "what is there".
      auto next = stream.next(target_.executor.clock().mono_now());
      if (!next && next.error().code() != ErrorCode::kInvalidInput) return std::unexpected(std::move(next).error());
      if (next && !*next) return {};
      target_.counters.records += 1;
      report_now_and_then();
      Result<> replayed = next ? record(**next) : Result<>(std::unexpected(std::move(next).error()));
      if (replayed) continue;
      target_.counters.records_skipped += 1;
      log::error("a log record was skipped", {{"database", target_.database},
                                              {"sequencer", std::to_string(position_)},
                                              {"error", replayed.error().describe()}});
    }
    return fail(ErrorCode::kShutdown, "replay was stopped");
  }

 private:
  void report_now_and_then() {
    constexpr Duration kInterval = std::chrono::seconds(10);
    const MonoTime now = target_.executor.clock().mono_now();
    if (!next_report_) next_report_ = now + kInterval;
    if (now < *next_report_) return;
    next_report_ = now + kInterval;
    log::info("replaying the log", {{"database", target_.database},
                                    {"sequencer", std::to_string(position_)},
                                    {"records", std::to_string(target_.counters.records)},
                                    {"of", std::to_string(target_.counters.records_total)},
                                    {"bytes", std::to_string(target_.counters.bytes)}});
  }

  Result<> record(const write_buffer::SequencedRecord& record) {
    MAGNETITE_TRY(const entry::EntryHeaders headers, entry::decode(record.headers));
    if (headers.database_uuid != target_.uuid)
      return fail(ErrorCode::kCorruption, fmt::format("record belongs to database {}", headers.database_uuid.text()));
    MAGNETITE_RETURN_IF_ERROR(target_.tables.declare(headers.declarations));
    target_.announced.announce(position_, headers.declarations);

    entry::ParsedBody body;
    body.text = record.payload;
    line_protocol::ParseOptions parsing;
    parsing.key_bytes_max = parsing.line_bytes_max = SIZE_MAX / 2;
    line_protocol::parse(body.text, parsing, body.batch);
    entry::RouteOptions routing;
    routing.sequencer_count = static_cast<uint32_t>(sequencers_);
    routing.limits = {SIZE_MAX / 2, SIZE_MAX / 2, SIZE_MAX / 2, SIZE_MAX / 2};
    entry::RoutedWrite routed = entry::route(body, target_.partition_keys, routing, target_.tables);
    MAGNETITE_TRY(const bool agreed, target_.tables.agree(routed));
    if (!agreed) routed = entry::route(body, target_.partition_keys, routing, target_.tables);
    for (const entry::PartitionWrite& write : routed.partitions) apply(body, routed, write, record.stored_at);
    target_.counters.bytes += body.text.size();
    if (routed.errors.empty()) return {};
    return fail(ErrorCode::kCorruption,
                fmt::format("{} lines of sequence {}/{} do not fit the schema, first: {}", routed.errors.size(),
                            record.stored_at.sequence.sequencer.value, record.stored_at.sequence.number.value,
                            routed.errors.front().message));
  }

  void apply(const entry::ParsedBody& body, const entry::RoutedWrite& routed, const entry::PartitionWrite& write,
             const write_buffer::StoredAt& stored_at) {
    const persistence::PartitionName name{routed.tables[write.table].name, write.partition_key};
    const auto decision = persistence::replay_decision(plan_.last_partition_checkpoint(name), stored_at.sequence);
    if (std::holds_alternative<persistence::SkipAll>(decision)) return;
    const auto* after = std::get_if<persistence::ApplyRowsAfter>(&decision);
    if (after == nullptr) return target_.apply(body, routed, write, stored_at);
    const entry::PartitionWrite rest = rows_after(write, body, after->time);
    if (!rest.lines.empty()) target_.apply(body, routed, rest, stored_at);
  }

  const persistence::ReplayPlan& plan_;
  const ReplayTarget& target_;
  const size_t position_;
  const size_t sequencers_;
  std::optional<MonoTime> next_report_;
};

}  // namespace

Result<> replay(write_buffer::Reader& reader, const persistence::ReplayPlan& plan, const ReplayTarget& target,
                const std::atomic<bool>& stop) {
  MAGNETITE_RETURN_IF_ERROR(seek(reader, plan, target.counters));
  MAGNETITE_TRY(write_buffer::Streams streams, reader.streams());
  std::vector<Result<>> outcomes(streams.size());
  {
    std::vector<Task> tasks;
    size_t position = 0;
    for (auto& [sequencer, stream] : streams) {
      tasks.push_back(target.executor.spawn("replay", [&, position, source = stream.get()] {
        outcomes[position] = StreamReplay(plan, target, position, streams.size()).run(*source, stop);
      }));
      ++position;
    }
  }
  for (Result<>& outcome : outcomes) MAGNETITE_RETURN_IF_ERROR(std::move(outcome));
  for (const persistence::PartitionName& name : plan.partitions()) {
    const persistence::PartitionCheckpoint& last = *plan.last_partition_checkpoint(name);
    target.tables.find_or_create(name.table)->partition(name.partition_key)->mark_seen(last.ranges);
  }
  return {};
}

}  // namespace magnetite::database
