// An open chunk's snapshot, sorted and de-duplicated in memory: order the few series, counting-sort the rows, check
// time order within each; never a generic row sort.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "chunk/open_chunk.h"
#include "chunk/sorted_chunk.h"

namespace magnetite::chunk {

// The table's key for these series: the given one, then tags it lacks by ascending number of distinct values (ties by
// name).
SortKey extend_sort_key(const SortKey& key, const OpenSnapshot& snapshot);

// What the series of a chunk say about one of its tag columns.
model::ColumnSummary summarise_tag(const SeriesIndex& index, model::ColumnId column);

// Per identity the last non-NULL value of each field wins (by arrival). `key` covers every tag of the snapshot, which
// has rows. Columns are gathered when asked for. Bounds of summaries may be those of overwritten values too.
std::shared_ptr<const SortedChunk> sort_rows(const OpenSnapshot& snapshot, const SortKey& key);

// The same of the rows within `times` only, and of these series (by ordinal, 0 = left out; empty = all); nullptr when
// there is no such row.
std::shared_ptr<const SortedChunk> sort_rows(const OpenSnapshot& snapshot, const SortKey& key,
                                             const model::TimeRange& times, std::span<const uint8_t> series = {});

}  // namespace magnetite::chunk
