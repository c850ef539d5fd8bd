#include "server/database_status.h"

namespace magnetite::server {

std::string_view to_string(ServerState state) {
  switch (state) {
    case ServerState::kWaitingForServerId:
      return "waiting for a server id";
    case ServerState::kLoading:
      return "loading";
    case ServerState::kReady:
      return "ready";
    case ServerState::kStopping:
      return "stopping";
  }
  return "unknown";
}

std::string_view to_string(DatabaseState state) {
  switch (state) {
    case DatabaseState::kKnown:
      return "known";
    case DatabaseState::kRulesLoaded:
      return "rules loaded";
    case DatabaseState::kCatalogLoaded:
      return "catalog loaded";
    case DatabaseState::kReplay:
      return "replay";
    case DatabaseState::kInitialized:
      return "initialized";
  }
  return "unknown";
}

std::optional<uint64_t> DatabaseStatus::lag() const {
  std::optional<uint64_t> sum;
  for (const database::SequencerStatus& each : sequencers)
    if (each.ingest)
      if (const auto lag = each.ingest->lag()) sum = sum.value_or(0) + *lag;
  return sum;
}

DatabaseStatus status_of(const std::string& name, const DatabaseRegistry::Entry& entry) {
  DatabaseStatus status;
  status.name = name;
  status.state = entry.state;
  status.error = entry.error;
  if (entry.database != nullptr) {
    const write_buffer::WriterStatus log = entry.database->log_status();
    const database::ReplayProgress replay = entry.database->replay_progress();
    status.replayed_bytes = replay.bytes;
    status.replayed_records = replay.records;
    status.replay_records_total = replay.records_total;
    status.replay_elapsed = replay.elapsed;
    status.replay_left = replay.left;
    status.log_mode = log.mode;
    status.log_problem = log.problem;
    status.log_bytes = log.bytes_on_disk;
    status.log_bytes_max = entry.database->log_bytes_max();
    if (status.error.empty()) status.error = entry.database->problem();
    status.rows = entry.database->rows();
    status.memory_bytes = entry.database->memory_bytes();
    status.log_type = entry.database->log().type_name();
    status.log_use = to_string(entry.database->log().use());
    status.sequencers = entry.database->sequencers();
    status.chunks = entry.database->chunk_tally();
    const model::DatabaseRules rules = entry.database->rules();
    status.memory_bytes_soft = rules.lifecycle.buffer_bytes_soft;
    status.memory_bytes_hard = rules.lifecycle.buffer_bytes_hard;
  }
  return status;
}

Counters counters_of(const database::Database& database) {
  Counters sums;
  if (const database::IngestCounters* counters = database.counters(); counters != nullptr) {
    sums.lines_accepted = counters->lines_accepted;
    sums.lines_rejected = counters->lines_rejected;
    sums.fields_accepted = counters->fields_accepted;
    sums.body_bytes = counters->body_bytes;
    sums.body_bytes_failed = counters->body_bytes_failed;
    sums.entry_bytes = counters->entry_bytes;
    sums.entry_bytes_failed = counters->entry_bytes_failed;
  }
  sums.chunks_pruned = database.pruned().chunks;
  sums.rows_pruned = database.pruned().rows;
  sums.chunk_events = database.chunk_events();
  return sums;
}

}  // namespace magnetite::server
