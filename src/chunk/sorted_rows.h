// An open chunk's snapshot, sorted and de-duplicated in memory: order the few series, counting-sort the rows, check time
// order within each; never a generic row sort.
#pragma once

#include <memory>

#include "chunk/open_chunk.h"
#include "chunk/sorted_chunk.h"

namespace magnetite::chunk {

// The table's key for these series: the given one, then tags it lacks by ascending number of distinct values (ties by
// name).
SortKey extend_sort_key(const SortKey& key, const OpenSnapshot& snapshot);

// Per identity the last non-NULL value of each field wins (by arrival). `key` covers every tag of the snapshot.
std::shared_ptr<const SortedChunk> sort_rows(const OpenSnapshot& snapshot, const SortKey& key);

}  // namespace magnetite::chunk
