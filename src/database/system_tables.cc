#include "database/system_tables.h"

#include <fmt/format.h>

#include <array>

#include "database/chunk_info.h"

namespace magnetite::database {
namespace {

using query::CellType;
using query::SystemCell;
using query::SystemColumn;
using query::SystemRow;
using query::SystemTable;

constexpr std::array kChunks = {
    SystemColumn{"id", CellType::kUInt32},
    SystemColumn{"partition_key"},
    SystemColumn{"table_name"},
    SystemColumn{"storage"},
    SystemColumn{"lifecycle_action", CellType::kText, true},
    SystemColumn{"estimated_bytes", CellType::kUInt64},
    SystemColumn{"row_count", CellType::kUInt64},
    SystemColumn{"time_of_first_write", CellType::kTime, true},
    SystemColumn{"time_of_last_write", CellType::kTime, true},
    SystemColumn{"time_closed", CellType::kTime, true},
    SystemColumn{"object_store_bytes", CellType::kUInt64, true},
};
constexpr std::array kColumns = {
    SystemColumn{"partition_key"}, SystemColumn{"table_name"},    SystemColumn{"column_name"},
    SystemColumn{"column_type"},   SystemColumn{"influxdb_type"},
};
constexpr std::array kChunkColumns = {
    SystemColumn{"partition_key"},
    SystemColumn{"chunk_id", CellType::kUInt32},
    SystemColumn{"table_name"},
    SystemColumn{"column_name"},
    SystemColumn{"storage"},
    SystemColumn{"row_count", CellType::kUInt64, true},
    SystemColumn{"min_value", CellType::kText, true},
    SystemColumn{"max_value", CellType::kText, true},
    SystemColumn{"estimated_bytes", CellType::kUInt64, true},
};
constexpr std::array kOperations = {
    SystemColumn{"id"},
    SystemColumn{"status"},
    SystemColumn{"cpu_time_used", CellType::kDuration},
    SystemColumn{"wall_time_used", CellType::kDuration},
    SystemColumn{"partition_key", CellType::kText, true},
    SystemColumn{"chunk_id", CellType::kUInt32, true},
    SystemColumn{"description"},
    SystemColumn{"table_name", CellType::kText, true},
    SystemColumn{"rows_done", CellType::kUInt64},
    SystemColumn{"rows_total", CellType::kUInt64, true},
    SystemColumn{"bytes_done", CellType::kUInt64},
    SystemColumn{"time_created", CellType::kTime},
    SystemColumn{"error", CellType::kText, true},
};
constexpr std::array kLifecycle = {
    SystemColumn{"partition_key"},
    SystemColumn{"table_name"},
    SystemColumn{"next_action", CellType::kText, true},
    SystemColumn{"next_action_time", CellType::kTime, true},
    SystemColumn{"next_reason", CellType::kText, true},
    SystemColumn{"last_action", CellType::kText, true},
    SystemColumn{"last_action_time", CellType::kTime, true},
    SystemColumn{"last_reason", CellType::kText, true},
};

constexpr std::array kSequencers = {
    SystemColumn{"sequencer_id", CellType::kUInt32},
    SystemColumn{"applied_through", CellType::kUInt64, true},
    SystemColumn{"first_unpersisted", CellType::kUInt64, true},
    SystemColumn{"high_watermark", CellType::kUInt64, true},
    SystemColumn{"lag", CellType::kUInt64, true},
    SystemColumn{"records_applied", CellType::kUInt64, true},
    SystemColumn{"records_failed", CellType::kUInt64, true},
    SystemColumn{"read_failures", CellType::kUInt64, true},
    SystemColumn{"bytes", CellType::kUInt64, true},
    SystemColumn{"time_of_last_ingest", CellType::kTime, true},
    SystemColumn{"problem", CellType::kText, true},
};

constexpr std::array kTables = {
    SystemTable{"chunks", kChunks},
    SystemTable{"columns", kColumns},
    SystemTable{"chunk_columns", kChunkColumns},
    SystemTable{"operations", kOperations},
    SystemTable{"lifecycle", kLifecycle},
    SystemTable{"sequencers", kSequencers},
};

SystemCell text(std::string_view value) { return std::string(value); }
SystemCell known(WallTime time) { return time == WallTime{} ? SystemCell{} : SystemCell{time}; }
SystemCell unless_zero(uint64_t number) { return number == 0 ? SystemCell{} : SystemCell{number}; }
SystemCell unless_empty(std::string_view value) { return value.empty() ? SystemCell{} : text(value); }

SystemCell action_text(LifecycleAction action) {
  return action == LifecycleAction::kNone ? SystemCell{} : text(to_string(action));
}

std::string_view storage_type(model::ColumnType type) {
  switch (type) {
    case model::ColumnType::kTag:
    case model::ColumnType::kString:
      return "String";
    case model::ColumnType::kFloat:
      return "F64";
    case model::ColumnType::kInteger:
    case model::ColumnType::kTime:
      return "I64";
    case model::ColumnType::kUnsigned:
      return "U64";
    case model::ColumnType::kBoolean:
      return "Bool";
  }
  return "unknown";
}

std::string_view influxdb_type(model::ColumnType type) {
  if (type == model::ColumnType::kTag) return "Tag";
  return type == model::ColumnType::kTime ? "Timestamp" : "Field";
}

SystemCell statistic(const std::optional<model::StatValue>& value) {
  if (!value) return {};
  return std::visit([](const auto& held) { return SystemCell{fmt::format("{}", held)}; }, *value);
}

// nullptr for rows in columns. May read the footer of a stored image.
Result<std::shared_ptr<const chunk::Image>> image_of(const StagedChunk& chunk) {
  return std::visit(
      [](const auto& stage) -> Result<std::shared_ptr<const chunk::Image>> {
        using Stage = std::remove_cvref_t<decltype(stage)>;
        if constexpr (std::is_same_v<Stage, StagedChunk::Open> || std::is_same_v<Stage, StagedChunk::Closed>)
          return nullptr;
        else if constexpr (std::is_same_v<Stage, StagedChunk::Unloaded>)
          return stage.image->image();
        else
          return stage.image;
      },
      chunk.stage());
}

std::vector<model::ColumnSummary> summaries_of_columns(const StagedChunk& chunk) {
  if (const auto* open = std::get_if<StagedChunk::Open>(&chunk.stage())) return open->rows->summaries();
  if (const auto* closed = std::get_if<StagedChunk::Closed>(&chunk.stage())) return closed->rows->summaries();
  return {};
}

template <class Visit>
Result<> visit_chunks(const TableSet& tables, const Visit& visit) {
  for (const std::shared_ptr<Table>& table : tables.all())
    for (const std::shared_ptr<Partition>& partition : table->partitions())
      for (const StagedChunk& chunk : partition->chunks())
        if (chunk.rows() > 0) MAGNETITE_RETURN_IF_ERROR(visit(*table, chunk));
  return {};
}

void append(SystemRow& row, const std::optional<lifecycle::Forecast>& forecast) {
  if (!forecast) {
    row.insert(row.end(), 3, SystemCell{});
    return;
  }
  row.push_back(text(lifecycle::name_of(forecast->action)));
  row.push_back(forecast->due);
  row.push_back(forecast->action.reason);
}

}  // namespace

std::span<const SystemTable> SystemTables::tables() const { return kTables; }

SystemTables::Rows SystemTables::rows(size_t table) const {
  static constexpr std::array kMakers = {&SystemTables::chunks,        &SystemTables::columns,
                                         &SystemTables::chunk_columns, &SystemTables::operations,
                                         &SystemTables::lifecycle,     &SystemTables::sequencers};
  static_assert(kMakers.size() == kTables.size());
  return (this->*kMakers.at(table))();
}

SystemTables::Rows SystemTables::chunks() const {
  std::vector<SystemRow> rows;
  MAGNETITE_RETURN_IF_ERROR(visit_chunks(parts_.tables, [&](const Table&, const StagedChunk& chunk) -> Result<> {
    const ChunkInfo info = info_of(chunk);
    rows.push_back({uint64_t{info.address.chunk.value}, info.address.partition_key, info.address.table,
                    text(query::to_string(info.storage)), action_text(info.action), info.memory_bytes, info.rows,
                    known(info.times.first_write), known(info.times.last_write), known(info.times.closed),
                    unless_zero(info.stored_bytes)});
    return {};
  }));
  return rows;
}

SystemTables::Rows SystemTables::columns() const {
  std::vector<SystemRow> rows;
  for (const std::shared_ptr<Table>& table : parts_.tables.all()) {
    const std::shared_ptr<const schema::TableSchema> schema = table->schema();
    for (const std::shared_ptr<Partition>& partition : table->partitions())
      for (const model::ColumnId id : schema->columns_by_name()) {
        const schema::Column& column = schema->column(id);
        rows.push_back({partition->key(), schema->table(), column.name, text(storage_type(column.type)),
                        text(influxdb_type(column.type))});
      }
  }
  return rows;
}

SystemTables::Rows SystemTables::chunk_columns() const {
  std::vector<SystemRow> rows;
  MAGNETITE_RETURN_IF_ERROR(visit_chunks(parts_.tables, [&](const Table& table, const StagedChunk& chunk) -> Result<> {
    MAGNETITE_TRY(const std::shared_ptr<const chunk::Image> image, image_of(chunk));
    const std::vector<model::ColumnSummary> of_columns = summaries_of_columns(chunk);
    const std::shared_ptr<const schema::TableSchema> schema = table.schema();
    for (const model::ColumnSummary& summary : image != nullptr ? image->summaries() : std::span(of_columns)) {
      if (summary.value_count == 0) continue;  // a column that only later rows have
      rows.push_back({chunk.address().partition_key, uint64_t{chunk.id().value}, schema->table(),
                      schema->column(summary.column).name, text(query::to_string(chunk.storage())), summary.value_count,
                      statistic(summary.min), statistic(summary.max),
                      image != nullptr ? unless_zero(image->column_bytes(summary.column)) : SystemCell{}});
    }
    return {};
  }));
  return rows;
}

SystemTables::Rows SystemTables::operations() const {
  std::vector<SystemRow> rows;
  for (const jobs::JobStatus& job : parts_.jobs.list()) {
    if (job.subject.database != parts_.database) continue;
    const SystemCell chunk =
        job.subject.chunks.size() == 1 ? SystemCell{uint64_t{job.subject.chunks.front().value}} : SystemCell{};
    rows.push_back({std::to_string(job.id.value), text(to_string(job.state)), job.cpu, job.wall,
                    unless_empty(job.subject.partition_key), chunk, text(description(job.kind)),
                    unless_empty(job.subject.table), job.rows_done, unless_zero(job.rows_total), job.bytes_done,
                    job.created, unless_empty(job.error)});
  }
  return rows;
}

SystemTables::Rows SystemTables::lifecycle() const {
  std::vector<SystemRow> rows;
  for (const PartitionOutlook& outlook : parts_.lifecycle.outlook(parts_.rules().lifecycle)) {
    SystemRow row{outlook.partition_key, outlook.table};
    append(row, outlook.next);
    append(row, outlook.last);
    rows.push_back(std::move(row));
  }
  return rows;
}

SystemTables::Rows SystemTables::sequencers() const {
  std::vector<SystemRow> rows;
  for (const SequencerStatus& each : parts_.sequencers()) {
    SystemRow row(kSequencers.size());
    row[0] = uint64_t{each.sequencer.value};
    if (each.applied) {
      row[1] = each.applied->max().value;
      if (const auto first = each.applied->min()) row[2] = first->value;
    }
    if (each.ingest) {
      const IngestStatus& ingest = *each.ingest;
      if (ingest.high_watermark) row[3] = ingest.high_watermark->value;
      if (const auto lag = ingest.lag()) row[4] = *lag;
      row[5] = ingest.records_applied;
      row[6] = ingest.records_failed;
      row[7] = ingest.read_failures;
      row[8] = ingest.bytes;
      row[9] = known(ingest.last_ingest);
      row[10] = unless_empty(ingest.problem);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace magnetite::database
