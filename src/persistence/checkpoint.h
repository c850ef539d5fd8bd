// What is known to be persisted, as ranges of numbers per sequencer. A partition's checkpoint describes the state after
// the persist whose file carries it; a database's checkpoint covers all its partitions at one moment. Both mean
// something only together with the log whose numbers they hold. Values without identity; safe to copy and share.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace magnetite::persistence {

// The first number of a sequencer that may be unpersisted. A type of its own because the one after UINT64_MAX is one.
struct FirstUnpersisted {
  bool after_all_numbers = false;
  model::SequenceNumber number;  // 0 when after_all_numbers
  auto operator<=>(const FirstUnpersisted&) const = default;
};

// Below min everything is persisted, min..max may not be, above max nothing was seen. Without min, everything up to
// and including max is persisted.
class OptionalMinMaxSequence {
 public:
  // kInvalidInput when min > max.
  static Result<OptionalMinMaxSequence> make(std::optional<model::SequenceNumber> min, model::SequenceNumber max);
  // For callers that know min <= max: a breach is a bug.
  static OptionalMinMaxSequence unpersisted(model::SequenceNumber min, model::SequenceNumber max);
  static OptionalMinMaxSequence persisted(model::SequenceNumber max) { return {std::nullopt, max}; }
  // The range up to max that starts at `first`: without min when `first` lies above max.
  static OptionalMinMaxSequence from(FirstUnpersisted first, model::SequenceNumber max);

  std::optional<model::SequenceNumber> min() const { return min_; }
  model::SequenceNumber max() const { return max_; }
  FirstUnpersisted first_unpersisted() const;

  bool operator==(const OptionalMinMaxSequence&) const = default;
  // Later when neither the first unpersisted number nor max is smaller and one is larger; unordered when they disagree.
  std::partial_ordering operator<=>(const OptionalMinMaxSequence& other) const;

  std::string text() const;  // "(7,9)", "(-,9)"

 private:
  OptionalMinMaxSequence(std::optional<model::SequenceNumber> min, model::SequenceNumber max) : min_(min), max_(max) {}
  std::optional<model::SequenceNumber> min_;
  model::SequenceNumber max_;
};

// Ascending by sequencer. A sequencer that is missing was never seen.
using SequencerRanges = std::map<model::SequencerId, OptionalMinMaxSequence>;

// A partition once it has seen a sequencer names it in all its later checkpoints.
struct PartitionCheckpoint {
  model::Uuid log_id;
  std::string table;
  std::string partition_key;
  SequencerRanges ranges;
  // Row time in nanoseconds. Rows of entries up to max that are not later are persisted; later ones of entries within
  // min..max are not. Absent when the checkpoint says nothing about single rows of those entries. It may go back from
  // one checkpoint to the next, so it orders nothing.
  std::optional<int64_t> flush_timestamp;
  bool operator==(const PartitionCheckpoint&) const = default;
};

struct DatabaseCheckpoint {
  model::Uuid log_id;
  SequencerRanges ranges;
  bool operator==(const DatabaseCheckpoint&) const = default;
};

// `left` against `right`: later when no sequencer went back and one advanced or is new. Unordered when sequencers
// disagree, or the two belong to different partitions or logs.
std::partial_ordering compare(const PartitionCheckpoint& left, const PartitionCheckpoint& right);

// A claim of one checkpoint that another one, which saw more, takes back. Harmless: the careful claim is kept.
struct FoldWarning {
  model::SequencerId sequencer;
  OptionalMinMaxSequence kept;
  OptionalMinMaxSequence doubted;
  std::string text() const;
};

// What several database checkpoints say together; they reach the catalog in another order than they were taken, and
// the order of folding does not matter. Where two contradict, the smaller first unpersisted number is taken: reading
// too much again is safe, too little is loss. Both belong to one log: a breach is a bug.
struct FoldedCheckpoint {
  DatabaseCheckpoint checkpoint;
  std::vector<FoldWarning> warnings;
};
FoldedCheckpoint fold(DatabaseCheckpoint left, const DatabaseCheckpoint& right);

}  // namespace magnetite::persistence
