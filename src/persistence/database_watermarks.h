// The database's checkpoint, kept while partitions change, so that a cut costs O(sequencers) however many partitions
// there are. A cut is consistent when no entry is being applied meanwhile and the changes of every applied one were
// reported: the caller's gate sees to that.
#pragma once

#include <map>
#include <optional>
#include <span>

#include "model/ids.h"
#include "persistence/checkpoint.h"

namespace magnetite::persistence {

// The smallest number of `sequencer` that one partition has not persisted; absent when it has persisted all.
struct MinimumChange {
  model::SequencerId sequencer;
  std::optional<model::SequenceNumber> before;
  std::optional<model::SequenceNumber> after;
  bool operator==(const MinimumChange&) const = default;
};

// Not thread-safe.
class DatabaseWatermarks {
 public:
  explicit DatabaseWatermarks(model::Uuid log_id) : log_id_(log_id) {}

  // An entry was applied. Its number may be known already.
  void advance(model::Sequence applied);
  // What was seen before a restart.
  void advance(const DatabaseCheckpoint& seen);
  // `before` is what this partition reported last: a breach is a bug.
  void apply(std::span<const MinimumChange> changes);

  DatabaseCheckpoint checkpoint() const { return checkpoint_after({}); }
  // As it will be once `changes` are applied: what a persist that is about to be committed may claim.
  DatabaseCheckpoint checkpoint_after(std::span<const MinimumChange> changes) const;

 private:
  using Minima = std::map<model::SequenceNumber, uint64_t>;  // number -> partitions whose minimum it is
  struct Sequencer {
    model::SequenceNumber max;
    Minima minima;
  };
  const model::Uuid log_id_;
  std::map<model::SequencerId, Sequencer> sequencers_;
};

}  // namespace magnetite::persistence
