// Bodies of the background jobs on chunks. Each leaves its partition as it was when it fails or is cancelled.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "chunk/decoded_cache.h"
#include "database/partition.h"
#include "database/table.h"
#include "jobs/job.h"

namespace magnetite::database {

struct ChunkJobContext {
  std::string database;
  model::Uuid uuid;
  std::shared_ptr<chunk::DecodedCache> cache;
};

// A closed chunk, which is being moved, becomes an image in memory.
Result<> move_chunk(const ChunkJobContext& context, Table& table, Partition& partition, const ChunkWork& work,
                    jobs::JobControl& control);

// Neighbours in write order, which are being compacted, become one image in memory.
Result<> compact_chunks(const ChunkJobContext& context, Table& table, Partition& partition,
                        std::span<const ChunkWork> work, WallTime now, jobs::JobControl& control);

std::vector<model::ChunkId> ids_of(std::span<const ChunkWork> work);
// The last entry that rows of these chunks came with.
std::optional<model::Sequence> last_entry(std::span<const ChunkWork> work);

}  // namespace magnetite::database
