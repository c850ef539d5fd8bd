#include "database/restore.h"

#include <fmt/format.h>

#include "base/logging.h"

namespace magnetite::database {
namespace {

Result<> restore_schema(const catalog::Table& known, Table& table, AnnouncedColumns& announced, size_t sequencers) {
  std::vector<entry::Declaration> declarations;
  std::vector<schema::Column> columns;
  for (const catalog::Column& column : known.columns) {
    columns.push_back({column.id, column.name, column.type});
    declarations.push_back({known.name, column.id, column.name, column.type});
  }
  chunk::SortKey key;
  if (known.sort_key) key.tags = *known.sort_key;
  MAGNETITE_RETURN_IF_ERROR(table.restore(columns, std::move(key)));
  // The records that declared them may be gone; what is in the catalog needs no other declaration.
  for (size_t sequencer = 0; sequencer < sequencers; ++sequencer) announced.announce(sequencer, declarations);
  return {};
}

void restore_chunks(const catalog::Partition& known, const ChunkFiles& files, Partition& partition) {
  for (const catalog::FilePointer& file : known.files) {
    StoredFacts stored{file->path, file, file->size_bytes, file->row_count, file->times};
    auto image = files.open(stored);
    partition.add(StagedChunk(partition.address(file->chunk), file->order,
                              StagedChunk::Unloaded{std::move(image), std::move(stored)}));
  }
  partition.go_on_after(known.chunk_max, known.order_max);
}

}  // namespace

Result<persistence::ReplayPlan> restore(const catalog::State& state, const ChunkFiles& files, TableSet& tables,
                                        AnnouncedColumns& announced, const write_buffer::Log& log) {
  const model::Uuid log_id = log.id();
  persistence::ReplayPlanner planner(log_id);
  for (const auto& known : state.tables) {
    const std::shared_ptr<Table> table = tables.find_or_create(known->name);
    MAGNETITE_RETURN_IF_ERROR(restore_schema(*known, *table, announced, log.sequencer_ids().size()));
    for (const auto& partition : known->partitions) {
      restore_chunks(*partition, files, *table->partition(partition->key));
      if (partition->checkpoint) planner.add(*partition->checkpoint);
    }
  }
  planner.add(state.checkpoint);
  MAGNETITE_TRY(persistence::ReplayPlan plan, std::move(planner).build());
  for (const std::string& warning : plan.warnings()) log::warn("replay plan", {{"warning", warning}});
  for (const auto& [sequencer, range] : plan.database_checkpoint().ranges)
    log.raise_next_number(sequencer, {range.max().value + 1});
  return plan;
}

}  // namespace magnetite::database
