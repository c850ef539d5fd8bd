// What a partition holds only in memory: ranges of sequence numbers and row times, grouped by when they arrived, so
// that rows which arrive late within the window still share a file with those they belong to.
//
//   add --> open --close period--> closed --late window--> persistable --begin_flush--> flushing --commit--> (gone)
//                                                               ^                          |
//                                                               +--- abort ---------------+
//
// A flush takes either everything or the rows up to a split timestamp; what persistable windows hold beyond it is
// deferred until its time has come. At most one flush is outstanding; meanwhile closed windows wait.
// Not thread-safe: the owning partition's lock also covers the rows, so that a flush describes exactly the chunks taken
// with it. Bounded: late window / close period + 2 closed windows, one range per sequencer in each.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/ids.h"
#include "model/time_range.h"
#include "persistence/checkpoint.h"
#include "persistence/database_watermarks.h"

namespace magnetite::persistence {

// The rows that one entry has for this partition.
struct Batch {
  model::Sequence sequence;
  uint64_t rows = 0;
  model::TimeRange times = model::TimeRange::none();
  WallTime received_at;  // as the log recorded it
};

struct Window {
  WallTime created_at;
  uint64_t rows = 0;  // duplicates included; rows that a flush left behind are not counted again
  model::TimeRange times = model::TimeRange::none();
  struct Numbers {
    model::SequenceNumber min, max;
    bool operator==(const Numbers&) const = default;
  };
  std::map<model::SequencerId, Numbers> sequences;
};

// A flush that began. Either commit_flush() or abort_flush() ends it.
struct FlushHandle {
  uint64_t id = 0;
  // Rows up to this time are to be persisted, of all chunks; absent: all rows.
  std::optional<int64_t> split_timestamp;
  // Of the partition once they are.
  PartitionCheckpoint checkpoint;
};

class PersistenceWindows {
 public:
  static constexpr Duration kClosePeriodMax = std::chrono::seconds(30);

  PersistenceWindows(model::Uuid log_id, std::string table, std::string partition_key, Duration late_arrive_window);

  struct Added {
    // The number is not above the last one of its sequencer: the rows are here already and must not be applied again.
    bool redelivered = false;
    std::optional<MinimumChange> change;
  };
  // Before the rows become visible, and under the same lock. `now` bounds the receive time from above, the receive
  // time before it from below.
  Added add(const Batch& batch, WallTime now);

  // On every pass over the partition: time passes without writes, too. A clock that was set back ages windows anew.
  void rotate(WallTime now);
  void set_late_arrive_window(Duration late_arrive_window);

  // Takes the rows up to `split_timestamp`, or all; rotate() first. nullopt while a flush is outstanding.
  [[nodiscard]] std::optional<FlushHandle> begin_flush(std::optional<int64_t> split_timestamp);
  // What commit_flush() will report, unless rows arrive before.
  std::vector<MinimumChange> flush_changes() const;
  // The rows are in the catalog. Also when there were none up to the split timestamp.
  std::vector<MinimumChange> commit_flush(const FlushHandle& flush);
  // They are not; a later flush takes them.
  void abort_flush(const FlushHandle& flush);

  // Rows that were not persisted are gone, by decision: everything up to these numbers counts as persisted from now on.
  // kFailedPrecondition while a flush is outstanding.
  Result<std::vector<MinimumChange>> drop_through(const std::map<model::SequencerId, model::SequenceNumber>& through);

  // After replay: what the last checkpoint had seen stays seen.
  void mark_seen(const SequencerRanges& ranges);

  // The partition as it is, rows being flushed included.
  PartitionCheckpoint checkpoint() const;

  bool flushing() const { return flushing_.has_value(); }
  const std::optional<Window>& persistable() const { return persistable_; }
  const std::optional<Window>& deferred() const { return deferred_; }
  const std::deque<Window>& closed() const { return closed_; }
  const std::optional<Window>& open() const { return open_; }
  std::optional<WallTime> oldest_unpersisted() const;  // but for what is being flushed

 private:
  struct Flushing {
    uint64_t id;
    Window rows;
  };
  using Minima = std::map<model::SequencerId, model::SequenceNumber>;  // smallest unpersisted numbers

  Duration close_period() const { return std::min(late_arrive_window_, kClosePeriodMax); }
  void set_clock_back(WallTime now);
  template <class Visit>
  void visit_remaining(Visit visit) const;  // every window but the one being flushed
  Minima remaining_minima() const;
  Minima all_minima() const;  // with what is being flushed
  PartitionCheckpoint checkpoint_of(const Minima& minima) const;

  const model::Uuid log_id_;
  const std::string table_;
  const std::string partition_key_;
  Duration late_arrive_window_;
  std::optional<WallTime> last_received_;
  std::map<model::SequencerId, model::SequenceNumber> last_added_;
  std::map<model::SequencerId, model::SequenceNumber> seen_;  // last_added_ and what replay did not bring back
  std::optional<Window> open_;
  std::deque<Window> closed_;  // oldest first
  std::optional<Window> persistable_;
  std::optional<Window> deferred_;
  std::optional<Flushing> flushing_;
  uint64_t next_flush_id_ = 0;
};

}  // namespace magnetite::persistence
