// Bugs that a test build can switch on, to show that the simulation finds them. Compiled to nothing elsewhere.
#pragma once

#include <cstdint>

namespace magnetite {

enum class PlantedBug : uint8_t {
  kNone,
  kAckBeforeSync,      // a batch of the log counts as synced without being so
  kCheckpointTooHigh,  // the first unpersisted number of a checkpoint is one too high
  kMinimumForgotten,   // a partition's first unpersisted number does not reach the database's checkpoint
  kFileNotStored,      // the catalog names a file that was not stored
  kTrimTooFar,         // the log gives up what is not persisted
  kReplayPassesOver,   // replay takes a partly persisted entry for a persisted one
  kReplayStopsShort,   // replay leaves out the last entry
  kOlderRowWins,       // merging takes the rows of one identity in the wrong order
  kLateRowsForgotten,  // what a persist splits off is dropped
};

#if defined(MAGNETITE_PLANTED_BUGS)
inline PlantedBug& planted_bug() {
  static PlantedBug bug = PlantedBug::kNone;
  return bug;
}
inline bool planted(PlantedBug bug) { return planted_bug() == bug; }
#else
constexpr bool planted(PlantedBug) { return false; }
#endif

}  // namespace magnetite
