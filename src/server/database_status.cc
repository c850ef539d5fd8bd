#include "server/database_status.h"

namespace magnetite::server {

DatabaseStatus status_of(const std::string& name, const DatabaseRegistry::Entry& entry) {
  DatabaseStatus status;
  status.name = name;
  status.state = entry.state;
  status.error = entry.error;
  if (entry.database == nullptr) return status;
  const database::Database& database = *entry.database;
  const write_buffer::WriterStatus log = database.log_status();
  const database::ReplayProgress replay = database.replay_progress();
  status.replayed_bytes = replay.bytes;
  status.replayed_records = replay.records;
  status.replay_records_total = replay.records_total;
  status.replay_elapsed = replay.elapsed;
  status.replay_left = replay.left;
  status.log_mode = log.mode;
  status.log_problem = log.problem;
  status.log_bytes = log.bytes_on_disk;
  status.log_bytes_max = database.log_bytes_max();
  if (status.error.empty()) status.error = database.problem();
  status.rows = database.rows();
  status.memory_bytes = database.memory_bytes();
  status.log_type = database.log().type_name();
  status.log_use = to_string(database.log().use());
  status.sequencers = database.sequencers();
  return status;
}

}  // namespace magnetite::server
