// What the C library's allocator has taken from the system, and what the program has of it.
#pragma once

#include <cstdint>
#include <string>

namespace magnetite::process {

struct AllocatorStatistics {
  uint64_t arena_bytes = 0;   // taken from the system in small pieces
  uint64_t mapped_bytes = 0;  // taken for single large pieces
  uint64_t in_use_bytes = 0;  // of the arenas
  uint64_t free_bytes = 0;    // of the arenas
};
AllocatorStatistics allocator_statistics();  // takes each arena's lock for a moment

// Every arena and size class as XML (malloc_info(3)).
std::string allocator_report();

}  // namespace magnetite::process
