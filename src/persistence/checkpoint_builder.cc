#include "persistence/checkpoint_builder.h"

#include <algorithm>

namespace magnetite::persistence {
namespace {

// Of two partitions of one database at one moment: unpersisted is what either has not persisted.
OptionalMinMaxSequence united(const OptionalMinMaxSequence& left, const OptionalMinMaxSequence& right) {
  const auto max = std::max(left.max(), right.max());
  if (!left.min() && !right.min()) return OptionalMinMaxSequence::persisted(max);
  const auto min = std::min(left.min().value_or(max), right.min().value_or(max));
  return OptionalMinMaxSequence::unpersisted(min, max);
}

}  // namespace

PersistCheckpointBuilder::PersistCheckpointBuilder(PartitionCheckpoint persisted)
    : partition_(std::move(persisted)), database_{partition_.log_id, partition_.ranges} {}

void PersistCheckpointBuilder::register_other_partition(const SequencerRanges& ranges) {
  for (const auto& [sequencer, range] : ranges) {
    const auto [entry, added] = database_.ranges.try_emplace(sequencer, range);
    if (!added) entry->second = united(entry->second, range);
  }
}

PersistCheckpointBuilder::Checkpoints PersistCheckpointBuilder::build() && {
  return {std::move(partition_), std::move(database_)};
}

}  // namespace magnetite::persistence
