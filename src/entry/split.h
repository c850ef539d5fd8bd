// Entries that fit a log's limit.
#pragma once

#include <span>
#include <vector>

#include "entry/routed_write.h"

namespace magnetite::entry {

// The writes of one sequencer, cut into entries whose payloads have at most `payload_bytes_max` bytes: the same lines,
// those of one partition in the same order. A line that is longer is an entry of its own.
std::vector<std::vector<PartitionWrite>> split_writes(const ParsedBody& body,
                                                      std::span<const PartitionWrite* const> writes,
                                                      size_t payload_bytes_max);

}  // namespace magnetite::entry
