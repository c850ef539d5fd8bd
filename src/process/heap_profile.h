// Where the memory in use was allocated. The allocator of the C library does not remember that; tcmalloc does, when the
// process is started with it and told to sample:
//   LD_PRELOAD=libtcmalloc.so.4 TCMALLOC_SAMPLE_PARAMETER=524288 magnetite run ...
#pragma once

#include <optional>
#include <string>

namespace magnetite::process {

// Samples of live allocations with their stacks, in the text format that `pprof` and `go tool pprof` read. nullopt: the
// process runs without an allocator that samples. Thread-safe; takes milliseconds.
std::optional<std::string> heap_profile();

}  // namespace magnetite::process
