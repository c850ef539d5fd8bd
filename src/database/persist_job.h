// Jobs that write files. Split and persist: rows up to the split time become a file in the store, later ones one chunk
// in memory. File first, catalog second, memory last: whatever fails leaves the partition as it was.
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "database/chunk_files.h"
#include "database/partition.h"
#include "database/persisted_state.h"
#include "database/table.h"
#include "jobs/job.h"
#include "persistence/checkpoint.h"

namespace magnetite::database {

struct PersistJob {
  Table& table;
  Partition& partition;
  const PersistWork& work;
  const persistence::DatabaseCheckpoint& database_checkpoint;  // of the same cut as the work, for the file
  std::function<persistence::DatabaseCheckpoint()> cut;        // as it is at the time of the commit
  const ChunkFiles& files;
  model::Uuid database_uuid;
  Clock& clock;
  PersistedState& persisted;
};

Result<> persist(const PersistJob& job, jobs::JobControl& control);

// Files of a partition, which are being compacted and are neighbours in write order, become one file.
struct CompactFilesJob {
  Table& table;
  Partition& partition;
  const std::vector<ChunkWork>& work;
  const ChunkFiles& files;
  model::Uuid database_uuid;
  Clock& clock;
  PersistedState& persisted;
};

Result<> compact_files(const CompactFilesJob& job, jobs::JobControl& control);

}  // namespace magnetite::database
