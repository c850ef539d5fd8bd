// May a write take memory, and room in the log? Asked before its entry has a place in the log, for the whole entry.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace magnetite::lifecycle {

struct MemoryLimits {
  uint64_t database_bytes_hard = 0;  // 0 = no limit of its own
  uint64_t process_bytes_max = 0;    // over all databases; 0 = none
  uint64_t reserved_bytes = 0;       // kept for jobs, which free memory, out of either limit
};
struct MemoryUse {
  uint64_t database_bytes = 0;
  uint64_t process_bytes = 0;
};

// kResourceExhausted when it does not fit now; the jobs' reserve makes room. kTooLarge when it never will. A database
// that holds nothing takes an entry above its own limit, so that no limit stops writes for ever.
Result<> admit(uint64_t entry_bytes, const MemoryUse& use, const MemoryLimits& limits);

// May the log of a database that persists nothing grow? It is trimmed only where chunks are dropped, so it needs a
// bound of its own. kResourceExhausted when it is reached, saying what ends that.
Result<> admit_to_log(uint64_t entry_bytes, uint64_t log_bytes, uint64_t log_bytes_max);

}  // namespace magnetite::lifecycle
