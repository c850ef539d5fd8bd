// Chunks of a partition into images: what moving, compacting and persisting have in common.
#pragma once

#include <span>

#include "base/result.h"
#include "chunk/image_merge.h"
#include "database/partition.h"
#include "database/table.h"
#include "jobs/job.h"

namespace magnetite::database {

// A merge of these chunks, in write order, by the table's sort key, which it fixes where it was not. Opens stored
// images (may block). Progress goes to `control`, which also ends it.
Result<chunk::MergeJob> merge_job(Table& table, std::span<const ChunkWork> chunks, jobs::JobControl& control);

}  // namespace magnetite::database
