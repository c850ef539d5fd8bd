// Where a database stands in one sequencer of its log.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "model/ids.h"
#include "model/time_range.h"
#include "persistence/checkpoint.h"

namespace magnetite::database {

// What a lane that reads has done since the start.
struct IngestStatus {
  model::SequencerId sequencer;
  uint64_t records_applied = 0;
  uint64_t records_failed = 0;                          // some line or all of it could not be used
  uint64_t read_failures = 0;                           // the log did not answer as it should
  uint64_t bytes = 0;                                   // of line protocol
  Duration busy{};                                      // from a record's arrival until it was applied, in sum
  std::optional<model::SequenceNumber> last;            // applied or passed over
  std::optional<model::SequenceNumber> high_watermark;  // looked up now and then
  model::TimeRange last_times = model::TimeRange::none();
  WallTime last_ingest;  // 0 = never
  std::string problem;   // why it stands still; empty = it does not

  // How many numbers there are that were not looked at, as of the last look at the watermark.
  std::optional<uint64_t> lag() const {
    if (!high_watermark) return std::nullopt;
    const uint64_t next = last ? last->value + 1 : 0;
    return high_watermark->value - std::min(high_watermark->value, next);
  }
};

struct SequencerStatus {
  model::SequencerId sequencer;
  // Absent = nothing was seen of it. Its min is the first number that is not persisted, its max the last applied.
  std::optional<persistence::OptionalMinMaxSequence> applied;
  std::optional<IngestStatus> ingest;  // where the log is only read
};

}  // namespace magnetite::database
