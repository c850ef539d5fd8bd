// One random history of a database on a simulated machine: writes, late ones among them, lifecycle passes, jobs that
// are cancelled, a store that fails before and after success, and power cuts at any change of the disk that keep, drop,
// tear or reorder what was not synced. An exact model says what must be found. The same seed gives the same history.
#pragma once

#include <cstdint>
#include <string>

namespace magnetite::sim {

struct HistoryOptions {
  int steps = 80;
};

struct Outcome {
  uint64_t seed = 0;
  uint64_t power_cuts = 0;
  uint64_t writes = 0;
  uint64_t writes_acknowledged = 0;
  uint64_t writes_unclear = 0;
  uint64_t checks = 0;  // of every cell
  std::string failure;  // empty = nothing was lost, doubled or invented
  std::string trace;    // of a failed one: the last events
};

Outcome run_history(uint64_t seed, const HistoryOptions& options);

}  // namespace magnetite::sim
