// What the catalog of a database says becomes tables, chunks in the store, and a plan for reading the log again.
#pragma once

#include "base/result.h"
#include "catalog/state.h"
#include "database/chunk_files.h"
#include "database/table_set.h"
#include "persistence/replay_plan.h"
#include "write_buffer/log.h"

namespace magnetite::database {

// `tables` is empty before. Reads no file. Numbers the log gives from now on are above all that the catalog knows.
Result<persistence::ReplayPlan> restore(const catalog::State& state, const ChunkFiles& files, TableSet& tables,
                                        AnnouncedColumns& announced, const write_buffer::Log& log);

}  // namespace magnetite::database
