// Where to read the log again after a restart, and what each partition has persisted already. Made from the checkpoints
// in the catalog, in any order. Pure: seeking and reading are the caller's.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"
#include "persistence/checkpoint.h"

namespace magnetite::persistence {

struct PartitionName {
  std::string table;
  std::string partition_key;
  auto operator<=>(const PartitionName&) const = default;
};

// Immutable; safe from any thread.
class ReplayPlan {
 public:
  // What to do with one sequencer. One that is not in the plan was never seen: it is read from its start, as usual.
  struct Start {
    // The next number to read; absent when there is no number after the last.
    std::optional<model::SequenceNumber> seek;
    // Replay ends once this number was handled; absent when there is nothing to replay.
    std::optional<model::SequenceNumber> last;
  };

  bool empty() const { return database_.ranges.empty(); }
  // nullptr for a sequencer or a partition that no checkpoint names. A partition without one has persisted nothing:
  // all of it is applied.
  const OptionalMinMaxSequence* replay_range(model::SequencerId sequencer) const;
  const PartitionCheckpoint* last_partition_checkpoint(const PartitionName& partition) const;
  std::optional<Start> start(model::SequencerId sequencer) const;

  std::vector<model::SequencerId> sequencer_ids() const;  // ascending
  std::vector<PartitionName> partitions() const;          // ascending
  const DatabaseCheckpoint& database_checkpoint() const { return database_; }
  // For people; none of them prevents a start.
  const std::vector<std::string>& warnings() const { return warnings_; }

  // Before anything is read. kFailedPrecondition when the log lacks a sequencer of the plan.
  Result<> check_sequencers(const std::vector<model::SequencerId>& known) const;
  // Per sequencer, before anything is read: `low` is the oldest number still there, `high` the next to be written.
  // kCorruption when the log ends before what was seen, or starts after what is needed.
  Result<> check_extent(model::SequencerId sequencer, model::SequenceNumber low, model::SequenceNumber high) const;
  // An entry was read: is it the last one to replay? kCorruption when that one is missing.
  Result<bool> is_last(model::Sequence read) const;

 private:
  friend class ReplayPlanner;
  DatabaseCheckpoint database_;
  std::map<PartitionName, PartitionCheckpoint> partitions_;
  std::vector<std::string> warnings_;
};

class ReplayPlanner {
 public:
  // Checkpoints of another log are left out: its numbers mean nothing here.
  explicit ReplayPlanner(model::Uuid log_id);

  void add(PartitionCheckpoint checkpoint);
  void add(const DatabaseCheckpoint& checkpoint);

  // kCorruption, with the partition's name, when checkpoints contradict in a way that leaves no safe reading.
  Result<ReplayPlan> build() &&;

 private:
  // Those that none of the same partition exceeds: one, unless they contradict.
  std::map<PartitionName, std::vector<PartitionCheckpoint>> latest_;
  DatabaseCheckpoint database_;
  std::vector<std::string> warnings_;
};

}  // namespace magnetite::persistence
