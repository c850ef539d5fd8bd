// The database's checkpoint as entries are applied and partitions persist. Partitions report under their own lock, so
// that their changes arrive in order; nothing else is called from here.
#pragma once

#include <span>

#include "base/mutex.h"
#include "base/planted_bug.h"
#include "persistence/database_watermarks.h"

namespace magnetite::database {

// Thread-safe.
class Watermarks {
 public:
  explicit Watermarks(model::Uuid log_id) : watermarks_(log_id) {}

  void applied(model::Sequence sequence, const persistence::MinimumChange* change) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    watermarks_.advance(sequence);
    if (change != nullptr && !planted(PlantedBug::kMinimumForgotten)) watermarks_.apply({change, 1});
  }
  void apply(std::span<const persistence::MinimumChange> changes) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    watermarks_.apply(changes);
  }
  // What was seen before a restart.
  void seen(const persistence::DatabaseCheckpoint& checkpoint) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    watermarks_.advance(checkpoint);
  }
  // A consistent cut only while all lanes are paused.
  persistence::DatabaseCheckpoint checkpoint_after(std::span<const persistence::MinimumChange> changes) const
      EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    persistence::DatabaseCheckpoint checkpoint = watermarks_.checkpoint_after(changes);
    if (planted(PlantedBug::kCheckpointTooHigh))
      for (auto& [sequencer, range] : checkpoint.ranges)
        if (range.min())
          range = persistence::OptionalMinMaxSequence::from({false, {range.min()->value + 1}}, range.max());
    return checkpoint;
  }

 private:
  mutable Mutex mutex_;
  persistence::DatabaseWatermarks watermarks_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::database
