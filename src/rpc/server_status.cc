#include "rpc/server_status.h"

#include <influxdata/iox/management/v1/service.pb.h>

#include "process/version.h"

namespace magnetite::rpc {
namespace {

namespace management = influxdata::iox::management::v1;

management::DatabaseStatus::DatabaseState to_proto_state(server::DatabaseState state) {
  switch (state) {
    case server::DatabaseState::kKnown:
      return management::DatabaseStatus::DATABASE_STATE_KNOWN;
    case server::DatabaseState::kRulesLoaded:
      return management::DatabaseStatus::DATABASE_STATE_RULES_LOADED;
    case server::DatabaseState::kCatalogLoaded:
      return management::DatabaseStatus::DATABASE_STATE_CATALOG_LOADED;
    case server::DatabaseState::kReplay:
      return management::DatabaseStatus::DATABASE_STATE_REPLAY;
    case server::DatabaseState::kInitialized:
      return management::DatabaseStatus::DATABASE_STATE_INITIALIZED;
  }
  return management::DatabaseStatus::DATABASE_STATE_UNSPECIFIED;
}

void add_storages(const database::ChunkTally& tally, management::DatabaseStatus& out) {
  for (size_t i = 0; i < tally.size(); ++i) {
    if (tally[i].chunks == 0) continue;
    management::StorageStatus& storage = *out.add_storages();
    storage.set_storage(std::string(to_string(static_cast<query::ChunkStorage>(i))));
    storage.set_chunks(tally[i].chunks);
    storage.set_rows(tally[i].rows);
    storage.set_memory_bytes(tally[i].memory_bytes);
    storage.set_stored_bytes(tally[i].stored_bytes);
  }
}

void to_proto(const server::DatabaseStatus& status, management::DatabaseStatus& out) {
  out.set_db_name(status.name);
  out.set_state(to_proto_state(status.state));
  if (!status.error.empty()) out.mutable_error()->set_message(status.error);
  out.set_replayed_records(status.replayed_records);
  out.set_replay_records_total(status.replay_records_total);
  if (status.replay_left) out.set_replay_seconds_left(std::chrono::duration<double>(*status.replay_left).count());
  if (const auto lag = status.lag()) out.set_sequencer_lag(*lag);
  out.set_log_use(status.log_use);
  out.set_log_bytes(status.log_bytes);
  if (status.log_bytes_max) out.set_log_bytes_max(*status.log_bytes_max);
  out.set_log_problem(status.log_problem);
  out.set_rows(status.rows);
  out.set_memory_bytes(status.memory_bytes);
  out.set_memory_bytes_soft(status.memory_bytes_soft);
  out.set_memory_bytes_hard(status.memory_bytes_hard);
  add_storages(status.chunks, out);
}

}  // namespace

void to_proto(const server::ServerStatus& status, bool serving, management::ServerStatus& out) {
  out.set_initialized(status.state == server::ServerState::kReady);
  if (!status.error.empty()) out.mutable_error()->set_message(status.error);
  for (const server::DatabaseStatus& each : status.databases)
    to_proto(each, out.initialized() ? *out.add_database_statuses() : *out.add_loading());
  out.set_version(std::string(process::version()));
  out.set_state(std::string(to_string(status.state)));
  out.set_serving(serving);
  out.set_uptime_nanos(static_cast<uint64_t>(status.use.uptime.count()));
  out.set_memory_bytes(status.use.memory_bytes);
  out.set_memory_bytes_max(status.use.memory_bytes_max);
  out.set_cache_bytes(status.use.cache_bytes);
  out.set_cache_bytes_max(status.use.cache_bytes_max);
  out.set_jobs_running(status.use.jobs.running);
  out.set_jobs_waiting(status.use.jobs.waiting);
  if (!status.use.disk) return;
  out.set_disk_available_bytes(status.use.disk->available_bytes);
  out.set_disk_total_bytes(status.use.disk->total_bytes);
}

}  // namespace magnetite::rpc
