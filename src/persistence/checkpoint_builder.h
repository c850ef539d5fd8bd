// Makes the two checkpoints of a persist out of the ranges of all partitions. DatabaseWatermarks answers the same
// without a visit to each partition.
#pragma once

#include "persistence/checkpoint.h"

namespace magnetite::persistence {

class PersistCheckpointBuilder {
 public:
  // `persisted` describes its partition after the persist.
  explicit PersistCheckpointBuilder(PartitionCheckpoint persisted);

  // Every other partition of all tables, in any order. The persisted one again is harmless.
  void register_other_partition(const SequencerRanges& ranges);

  struct Checkpoints {
    PartitionCheckpoint partition;
    DatabaseCheckpoint database;
  };
  Checkpoints build() &&;

 private:
  PartitionCheckpoint partition_;
  DatabaseCheckpoint database_;
};

}  // namespace magnetite::persistence
