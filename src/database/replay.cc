#include "database/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/logging.h"
#include "base/planted_bug.h"

namespace magnetite::database {
namespace {

constexpr Duration kPatience = std::chrono::minutes(1);          // without any record
constexpr Duration kStopHeard = std::chrono::milliseconds(250);  // so soon is a stop noticed
constexpr Duration kReportInterval = std::chrono::seconds(10);

using Targets = std::map<model::SequencerId, model::SequenceNumber>;  // first number that need not be read

// What the log holds against what the plan needs; where to begin, absent = where the log does.
Result<std::optional<model::SequenceNumber>> first_to_read(const persistence::ReplayPlan& plan,
                                                           model::SequencerId sequencer, model::SequenceNumber low,
                                                           model::SequenceNumber high, const ReplayChoices& choices,
                                                           const std::string& database) {
  if (choices.skip) {
    log::warn("replay is skipped as asked: entries that were not persisted are given up",
              {{"database", database},
               {"sequencer", std::to_string(sequencer.value)},
               {"up_to", std::to_string(high.value)}});
    return high;
  }
  const auto start = plan.start(sequencer);
  if (!start) return std::nullopt;
  if (auto extent = plan.check_extent(sequencer, low, high); !extent) {
    // Numbers that a shortened log gives again would pass for persisted ones: only a lost beginning can be accepted.
    if (!choices.accept_loss || high <= plan.replay_range(sequencer)->max())
      return fail(ErrorCode::kFailedPrecondition,
                  fmt::format("{}; {}", extent.error().message(),
                              high <= plan.replay_range(sequencer)->max()
                                  ? "restore the log, or make a new one in its place and start with --accept-log-loss"
                                  : "restore them, or start with --accept-log-loss to go on without them"));
    log::error("entries of the log are lost, which was accepted",
               {{"database", database}, {"loss", extent.error().message()}});
    return low;
  }
  return start->seek;
}

Result<Targets> seek(write_buffer::Reader& reader, const persistence::ReplayPlan& plan, const ReplayParts& parts,
                     const ReplayChoices& choices) {
  MAGNETITE_RETURN_IF_ERROR(plan.check_sequencers(reader.sequencer_ids()));
  Targets targets;
  for (const model::SequencerId sequencer : reader.sequencer_ids()) {
    MAGNETITE_TRY(const model::SequenceNumber low, reader.low_watermark(sequencer));
    MAGNETITE_TRY(const model::SequenceNumber high, reader.high_watermark(sequencer));
    MAGNETITE_TRY(const auto first, first_to_read(plan, sequencer, low, high, choices, parts.player.database));
    if (first) MAGNETITE_RETURN_IF_ERROR(reader.seek(sequencer, *first));
    targets.emplace(sequencer, high);
    const uint64_t begin = std::max(low, first.value_or(low)).value;
    parts.counters.records_total += high.value - std::min(high.value, begin);
  }
  return targets;
}

class StreamReplay {
 public:
  StreamReplay(const persistence::ReplayPlan& plan, const ReplayParts& parts, model::SequencerId sequencer,
               size_t position)
      : plan_(plan), parts_(parts), sequencer_(sequencer), player_(parts.player, position) {}

  Result<> run(write_buffer::Stream& stream, model::SequenceNumber target, const std::atomic<bool>& stop) {
    MonoTime patient_until = now() + kPatience;
    while (!stop) {
      const uint64_t left_out = planted(PlantedBug::kReplayStopsShort) ? 1 : 0;
      if (stream.position().value + left_out >= target.value) return {};
      auto next = stream.next(now() + kStopHeard);
      report_now_and_then(stream.position().value);
      if (next && !*next) {
        if (now() < patient_until) continue;
        return fail(ErrorCode::kUnavailable,
                    fmt::format("sequencer {}: nothing comes after number {}, {} is to be reached", sequencer_.value,
                                stream.position().value, target.value));
      }
      patient_until = now() + kPatience;
      const bool damaged = !next && next.error().code() == ErrorCode::kCorruption;
      if (damaged && !parts_.damage_is_passed_over)
        return fail(ErrorCode::kCorruption,
                    fmt::format("{}; restore the file, or start with --accept-log-loss to go on "
                                "without what is in it",
                                next.error().message()));
      if (!next && !damaged) return std::unexpected(std::move(next).error());
      parts_.counters.records += 1;
      const Result<> played =
          next ? play(**std::move(next), stream) : Result<>(std::unexpected(std::move(next).error()));
      if (played) continue;
      parts_.counters.records_skipped += 1;
      log::error("a log record was skipped", {{"database", parts_.player.database},
                                              {"sequencer", std::to_string(sequencer_.value)},
                                              {"before", std::to_string(stream.position().value)},
                                              {"error", played.error().describe()}});
    }
    return fail(ErrorCode::kShutdown, "replay was stopped");
  }

 private:
  MonoTime now() const { return parts_.executor.clock().mono_now(); }

  Result<> play(write_buffer::SequencedRecord record, write_buffer::Stream& stream) {
    parts_.counters.bytes += record.payload.size();
    MAGNETITE_TRY(const auto prepared, player_.prepare(std::move(record)));
    player_.apply(*prepared, plan_);
    stream.recycle(player_.take_text());
    return RecordPlayer::left_out(*prepared);
  }

  void report_now_and_then(uint64_t position) {
    if (!next_report_) next_report_ = now() + kReportInterval;
    if (now() < *next_report_) return;
    next_report_ = now() + kReportInterval;
    const ReplayProgress progress = progress_of(parts_.counters, now());
    log::info(
        "replaying the log",
        {{"database", parts_.player.database},
         {"sequencer", std::to_string(sequencer_.value)},
         {"at", std::to_string(position)},
         {"records", std::to_string(progress.records)},
         {"of", std::to_string(progress.records_total)},
         {"bytes", std::to_string(progress.bytes)},
         {"seconds_left", progress.left ? fmt::format("{:.0f}", std::chrono::duration<double>(*progress.left).count())
                                        : std::string("unknown")}});
  }

  const persistence::ReplayPlan& plan_;
  const ReplayParts& parts_;
  const model::SequencerId sequencer_;
  RecordPlayer player_;
  std::optional<MonoTime> next_report_;
};

// All that is in the log counts as seen and persisted.
void give_up(const Targets& targets, model::Uuid log_id, const ReplayParts& parts) {
  persistence::SequencerRanges ranges;
  for (const auto& [sequencer, high] : targets)
    if (high.value > 0) ranges.emplace(sequencer, persistence::OptionalMinMaxSequence::persisted({high.value - 1}));
  parts.watermarks.seen({log_id, ranges});
  for (const auto& table : parts.player.tables.all())
    for (const auto& partition : table->partitions()) partition->mark_seen(ranges);
}

}  // namespace

ReplayProgress progress_of(const ReplayCounters& counters, MonoTime now) {
  ReplayProgress progress{counters.bytes, counters.records, counters.records_total, {}, {}};
  if (counters.begun_nanos == 0) return progress;
  const bool ended = counters.ended_nanos != 0;
  progress.elapsed = Duration((ended ? counters.ended_nanos.load() : now.nanos) - counters.begun_nanos);
  if (ended) {
    progress.left = Duration{};
  } else if (progress.records > 0) {
    const uint64_t left = progress.records_total - std::min(progress.records_total, progress.records);
    progress.left = Duration(static_cast<int64_t>(static_cast<double>(progress.elapsed.count()) *
                                                  static_cast<double>(left) / static_cast<double>(progress.records)));
  }
  return progress;
}

Result<> replay(write_buffer::Reader& reader, const persistence::ReplayPlan& plan, const ReplayParts& parts,
                const ReplayChoices& choices, const std::atomic<bool>& stop) {
  parts.counters.begun_nanos = parts.executor.clock().mono_now().nanos;
  MAGNETITE_TRY(const Targets targets, seek(reader, plan, parts, choices));
  MAGNETITE_TRY(write_buffer::Streams streams, reader.streams());
  std::vector<Result<>> outcomes(streams.size());
  {
    std::vector<Task> tasks;
    size_t position = 0;
    for (auto& [sequencer, stream] : streams) {
      tasks.push_back(parts.executor.spawn("replay", [&, position, id = sequencer, source = stream.get()] {
        outcomes[position] = StreamReplay(plan, parts, id, position).run(*source, targets.at(id), stop);
      }));
      ++position;
    }
  }
  for (Result<>& outcome : outcomes) MAGNETITE_RETURN_IF_ERROR(std::move(outcome));
  for (const persistence::PartitionName& name : plan.partitions()) {
    const persistence::PartitionCheckpoint& last = *plan.last_partition_checkpoint(name);
    parts.player.tables.find_or_create(name.table)->partition(name.partition_key)->mark_seen(last.ranges);
  }
  if (choices.skip) give_up(targets, reader.log_id(), parts);
  parts.counters.ended_nanos = parts.executor.clock().mono_now().nanos;
  return {};
}

}  // namespace magnetite::database
