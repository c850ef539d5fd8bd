#include "database/ingest.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/logging.h"

namespace magnetite::database {
namespace {

constexpr Duration kStopHeard = std::chrono::milliseconds(250);  // so soon is a stop noticed
constexpr Duration kRoomRetry = std::chrono::milliseconds(100);
constexpr Duration kBackoffMin = std::chrono::milliseconds(100);
constexpr Duration kBackoffMax = std::chrono::seconds(10);
constexpr int kFailuresUntilRebuild = 5;  // in a row; consumers were seen to stay poisoned after a leader changed
constexpr Duration kWatermarkInterval = std::chrono::seconds(10);

}  // namespace

struct Ingest::Lane {
  Lane(model::SequencerId id, size_t at, Mutex& its_gate) : sequencer(id), position(at), gate(its_gate) {}

  const model::SequencerId sequencer;
  const size_t position;
  Mutex& gate;
  mutable Mutex mutex;
  IngestStatus status GUARDED_BY(mutex);
};

// One lane over one reader's stream.
class Ingest::LaneRun {
 public:
  LaneRun(Ingest& ingest, Lane& lane, std::unique_ptr<write_buffer::Stream> stream)
      : ingest_(ingest), lane_(lane), stream_(std::move(stream)), player_(ingest.parts_.player, lane.position) {}

  void run() {
    int failures = 0;
    Duration backoff = kBackoffMin;
    while (!over()) {
      auto next = stream_->next(now() + kStopHeard);
      if (next) {
        failures = 0;
        backoff = kBackoffMin;
        if (*next) ingest(**std::move(next));
        continue;
      }
      const Error error = std::move(next).error();
      if (error.code() == ErrorCode::kCorruption) {
        pass_over(error);
        continue;
      }
      failed(error);
      if (error.code() == ErrorCode::kFailedPrecondition) return stand_still(error);
      if (++failures >= kFailuresUntilRebuild) {
        ingest_.rebuild_ = true;
        return;
      }
      wait(backoff);
      backoff = std::min(2 * backoff, kBackoffMax);
    }
  }

 private:
  MonoTime now() const { return ingest_.parts_.executor.clock().mono_now(); }
  bool over() const { return ingest_.stopping_ || ingest_.rebuild_; }

  void wait(Duration delay) {
    for (const MonoTime until = now() + delay; now() < until && !over();)
      ingest_.parts_.executor.pause(std::min(kStopHeard, Duration((until - now()))));
  }

  void set_problem(std::string problem) {
    const MutexLock lock(lane_.mutex);
    lane_.status.problem = std::move(problem);
  }

  void stand_still(const Error& error) {
    log::error("reading the log has stopped: an operator must decide",
               {{"database", ingest_.parts_.player.database},
                {"sequencer", std::to_string(lane_.sequencer.value)},
                {"error", error.describe()}});
    set_problem(error.message());
    while (!over()) ingest_.parts_.executor.pause(kStopHeard);
  }

  void failed(const Error& error) {
    log::warn("the log could not be read", {{"database", ingest_.parts_.player.database},
                                            {"sequencer", std::to_string(lane_.sequencer.value)},
                                            {"error", error.describe()}});
    const MutexLock lock(lane_.mutex);
    lane_.status.read_failures += 1;
  }

  void pass_over(const Error& error) {
    log::error("an entry of the log was passed over", {{"database", ingest_.parts_.player.database},
                                                       {"sequencer", std::to_string(lane_.sequencer.value)},
                                                       {"before", std::to_string(stream_->position().value)},
                                                       {"error", error.describe()}});
    const MutexLock lock(lane_.mutex);
    lane_.status.records_failed += 1;
    note_position();
  }

  void note_position() REQUIRES(lane_.mutex) {
    const uint64_t next = stream_->position().value;
    if (next > 0) lane_.status.last = model::SequenceNumber{next - 1};
  }

  // False: it was not applied, as this run is over.
  bool wait_for_room(uint64_t bytes) {
    std::string told;
    while (!over()) {
      const auto room = ingest_.parts_.admit(bytes);
      const std::string problem = room ? std::string() : room.error().message();
      if (problem != told) set_problem(problem);
      told = problem;
      if (room) return true;
      ingest_.parts_.executor.pause(kRoomRetry);
    }
    return false;
  }

  void ingest(write_buffer::SequencedRecord record) {
    const MonoTime begun = now();
    const uint64_t bytes = record.payload.size();
    const write_buffer::StoredAt stored_at = record.stored_at;
    if (!wait_for_room(bytes)) return;
    auto prepared = player_.prepare(std::move(record));
    if (!prepared) return pass_over(prepared.error());
    {
      const MutexLock applying(lane_.gate);
      player_.apply(**prepared, ingest_.parts_.plan);
    }
    model::TimeRange times = model::TimeRange::none();
    for (const entry::PartitionWrite& write : (*prepared)->routed.partitions) times.include(write.times);
    const auto whole = RecordPlayer::left_out(**prepared);
    if (!whole)
      log::error("lines of a log's entry were left out", {{"database", ingest_.parts_.player.database},
                                                          {"sequencer", std::to_string(lane_.sequencer.value)},
                                                          {"number", std::to_string(stored_at.sequence.number.value)},
                                                          {"error", whole.error().message()}});
    const MutexLock lock(lane_.mutex);
    IngestStatus& status = lane_.status;
    ++(whole ? status.records_applied : status.records_failed);
    status.bytes += bytes;
    status.busy += now() - begun;
    status.last = stored_at.sequence.number;
    status.last_times = times;
    status.last_ingest = ingest_.parts_.executor.clock().wall_now();
  }

  Ingest& ingest_;
  Lane& lane_;
  const std::unique_ptr<write_buffer::Stream> stream_;
  RecordPlayer player_;
};

Ingest::Ingest(IngestParts parts) : parts_(std::move(parts)), changed_(parts_.executor) {}
Ingest::~Ingest() { stop(); }

void Ingest::start(std::unique_ptr<write_buffer::Reader> reader) {
  supervisor_ =
      parts_.executor.spawn("ingest", [this, first = std::move(reader)]() mutable { supervise(std::move(first)); });
}

void Ingest::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  supervisor_.join();
}

void Ingest::supervise(std::unique_ptr<write_buffer::Reader> reader) {
  Duration backoff = kBackoffMin;
  while (!stopping_) {
    if (reader == nullptr) {
      auto made = make_reader();
      {
        const MutexLock lock(mutex_);
        problem_ = made ? std::string() : made.error().message();
      }
      if (!made) {
        log::warn("the log cannot be read at the moment",
                  {{"database", parts_.player.database}, {"error", made.error().describe()}});
        if (!wait_for(backoff)) return;
        backoff = std::min(2 * backoff, kBackoffMax);
        continue;
      }
      reader = *std::move(made);
    }
    backoff = kBackoffMin;
    rebuild_ = false;
    run_lanes(*reader);
    reader.reset();
  }
}

// Goes on after what was applied.
Result<std::unique_ptr<write_buffer::Reader>> Ingest::make_reader() {
  MAGNETITE_TRY(std::unique_ptr<write_buffer::Reader> reader, parts_.log.make_reader());
  if (reader->log_id() != parts_.log.id())
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the log was made anew (it was {}, it is {}): restart with --accept-log-loss to read the "
                            "new one from its start",
                            parts_.log.id().text(), reader->log_id().text()));
  std::map<model::SequencerId, model::SequenceNumber> next;
  for (const IngestStatus& each : status())
    if (each.last) next.emplace(each.sequencer, model::SequenceNumber{each.last->value + 1});
  for (const auto& [sequencer, number] : next) MAGNETITE_RETURN_IF_ERROR(reader->seek(sequencer, number));
  return reader;
}

void Ingest::run_lanes(write_buffer::Reader& reader) {
  auto streams = reader.streams();
  if (!streams) {
    log::error("the log's streams cannot be had", {{"error", streams.error().describe()}});
    wait_for(kBackoffMax);
    return;
  }
  std::vector<Task> tasks;  // joined before the reader goes
  const auto begin = [&](write_buffer::Streams begun) {
    for (auto& [sequencer, stream] : begun) {
      Lane& lane = lane_of(sequencer);
      {
        const MutexLock lock(lane.mutex);
        // What replay has passed.
        if (!lane.status.last && stream->position().value > 0)
          lane.status.last = model::SequenceNumber{stream->position().value - 1};
        lane.status.problem.clear();
      }
      tasks.push_back(parts_.executor.spawn(
          fmt::format("ingest-{}", sequencer.value),
          [this, &lane, source = std::move(stream)]() mutable { LaneRun(*this, lane, std::move(source)).run(); }));
    }
  };
  begin(*std::move(streams));
  do {
    look_up_watermarks(reader);
    if (auto added = reader.added_streams(); added && !added->empty()) {
      log::info("the log has more sequencers now",
                {{"database", parts_.player.database}, {"added", std::to_string(added->size())}});
      begin(*std::move(added));
    }
    for (const MonoTime next = parts_.executor.clock().mono_now() + kWatermarkInterval;
         !rebuild_ && parts_.executor.clock().mono_now() < next;)
      if (!wait_for(kStopHeard)) break;
  } while (!stopping_ && !rebuild_);
}

void Ingest::look_up_watermarks(write_buffer::Reader& reader) {
  for (const model::SequencerId sequencer : reader.sequencer_ids()) {
    const auto high = reader.high_watermark(sequencer);
    if (!high) continue;  // the lanes say what is wrong
    Lane& lane = lane_of(sequencer);
    const MutexLock lock(lane.mutex);
    lane.status.high_watermark = *high;
  }
}

Ingest::Lane& Ingest::lane_of(model::SequencerId sequencer) {
  const MutexLock lock(mutex_);
  std::unique_ptr<Lane>& lane = lanes_[sequencer];
  if (lane == nullptr) {
    const auto& known = parts_.log.sequencer_ids();
    const auto found = std::ranges::find(known, sequencer);
    const auto position = static_cast<size_t>(found - known.begin());
    Mutex& gate = found != known.end() ? *parts_.sequencer_gates[position] : parts_.gates.add();
    lane = std::make_unique<Lane>(sequencer, position, gate);
    const MutexLock inner(lane->mutex);
    lane->status.sequencer = sequencer;
  }
  return *lane;
}

std::vector<IngestStatus> Ingest::status() const {
  std::vector<IngestStatus> all;
  const MutexLock lock(mutex_);
  for (const auto& [sequencer, lane] : lanes_) {
    const MutexLock inner(lane->mutex);
    all.push_back(lane->status);
  }
  return all;
}

std::string Ingest::problem() const {
  const MutexLock lock(mutex_);
  return problem_;
}

bool Ingest::wait_for(Duration at_most) {
  const MutexLock lock(mutex_);
  const MonoTime until = parts_.executor.clock().mono_now() + at_most;
  while (!stopping_ && changed_.wait_until(mutex_, until, WaitReason::kTimer) != WaitOutcome::kDeadline) {
  }
  return !stopping_;
}

}  // namespace magnetite::database
