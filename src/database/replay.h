// Reads a log again at start: seeks where the checkpoints say, passes over what is persisted, applies the rest in
// order.
#pragma once

#include <atomic>
#include <optional>

#include "base/executor.h"
#include "base/result.h"
#include "database/record_player.h"
#include "database/watermarks.h"
#include "persistence/replay_plan.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::database {

struct ReplayCounters {
  std::atomic<int64_t> begun_nanos = 0;  // monotonic; 0 = not yet
  std::atomic<int64_t> ended_nanos = 0;
  std::atomic<uint64_t> bytes = 0;            // of line protocol
  std::atomic<uint64_t> records = 0;          // read, of about
  std::atomic<uint64_t> records_total = 0;    // so many
  std::atomic<uint64_t> records_skipped = 0;  // undecodable ones, logged with their sequence
};

// For people. Pure.
struct ReplayProgress {
  uint64_t bytes = 0;
  uint64_t records = 0;
  uint64_t records_total = 0;
  Duration elapsed{};
  std::optional<Duration> left;  // at the rate so far; absent where there is none yet
};
ReplayProgress progress_of(const ReplayCounters& counters, MonoTime now);

// What an operator may decide at a start.
struct ReplayChoices {
  bool skip = false;         // nothing is read again: rows that were not persisted are given up
  bool accept_loss = false;  // go on where entries that are needed are not there any more
};

struct ReplayParts {
  Executor& executor;
  const PlayerParts& player;
  Watermarks& watermarks;
  ReplayCounters& counters;
  // In a log that others write too, what cannot be read may be theirs. In one's own it is an acknowledged write.
  bool damage_is_passed_over;
};

// Everything that is in the log when it begins, sequencers in parallel; the reader's streams go on after that. Errors:
// kShutdown when `stop` ends it; kFailedPrecondition when the log no longer has what the plan needs; kCorruption for
// damage that is not passed over; kUnavailable when nothing came for a minute.
Result<> replay(write_buffer::Reader& reader, const persistence::ReplayPlan& plan, const ReplayParts& parts,
                const ReplayChoices& choices, const std::atomic<bool>& stop);

}  // namespace magnetite::database
