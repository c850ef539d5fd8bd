#include "http/status_page.h"

#include <glaze/json.hpp>
#include <optional>
#include <vector>

#include "process/version.h"
#include "server/server.h"

namespace magnetite::http {
// Not anonymous: reflection needs names that other units could see.
namespace status_page_parts {

struct SequencerJson {
  uint32_t id = 0;
  std::optional<uint64_t> applied_through;
  std::optional<uint64_t> first_unpersisted;
  std::optional<uint64_t> high_watermark;
  std::optional<uint64_t> lag;
  std::optional<uint64_t> records_applied;
  std::optional<uint64_t> records_failed;
  std::optional<std::string> problem;
};

struct StorageJson {
  std::string storage;
  uint64_t chunks = 0;
  uint64_t rows = 0;
  uint64_t memory_bytes = 0;
  uint64_t stored_bytes = 0;
};

struct DatabaseJson {
  std::string name;
  std::string state;
  std::string error;
  uint64_t replayed_bytes = 0;
  uint64_t replayed_records = 0;
  uint64_t replay_records_total = 0;
  double replay_seconds = 0;
  std::optional<double> replay_seconds_left;
  std::string log_mode;
  std::string log_use;
  std::string log_problem;
  uint64_t log_bytes = 0;
  std::optional<uint64_t> log_bytes_max;
  uint64_t rows = 0;
  uint64_t memory_bytes = 0;
  std::optional<uint64_t> memory_bytes_soft;
  std::optional<uint64_t> memory_bytes_hard;
  std::optional<uint64_t> lag;
  std::vector<StorageJson> storages;
  std::vector<SequencerJson> sequencers;
};

struct UseJson {
  uint64_t used_bytes = 0;
  uint64_t limit_bytes = 0;
};

struct JobsJson {
  uint64_t running = 0;
  uint64_t waiting = 0;
};

struct DiskJson {
  uint64_t available_bytes = 0;
  uint64_t total_bytes = 0;
};

struct StatusJson {
  std::string state;
  std::string error;
  bool serving = false;
  std::string version;
  double uptime_seconds = 0;
  UseJson memory;
  UseJson cache;
  JobsJson jobs;
  std::optional<DiskJson> disk;
  std::vector<DatabaseJson> databases;
};

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

SequencerJson json_of(const database::SequencerStatus& status) {
  SequencerJson json;
  json.id = status.sequencer.value;
  if (status.applied) {
    json.applied_through = status.applied->max().value;
    if (const auto first = status.applied->min()) json.first_unpersisted = first->value;
  }
  if (status.ingest) {
    if (status.ingest->high_watermark) json.high_watermark = status.ingest->high_watermark->value;
    json.lag = status.ingest->lag();
    json.records_applied = status.ingest->records_applied;
    json.records_failed = status.ingest->records_failed;
    if (!status.ingest->problem.empty()) json.problem = status.ingest->problem;
  }
  return json;
}

DatabaseJson json_of(const server::DatabaseStatus& status) {
  DatabaseJson json;
  json.name = status.name;
  json.state = to_string(status.state);
  json.error = status.error;
  json.replayed_bytes = status.replayed_bytes;
  json.replayed_records = status.replayed_records;
  json.replay_records_total = status.replay_records_total;
  json.replay_seconds = seconds(status.replay_elapsed);
  if (status.replay_left) json.replay_seconds_left = seconds(*status.replay_left);
  json.log_mode = status.log_mode;
  json.log_use = status.log_use;
  json.log_problem = status.log_problem;
  json.log_bytes = status.log_bytes;
  json.log_bytes_max = status.log_bytes_max;
  json.rows = status.rows;
  json.memory_bytes = status.memory_bytes;
  if (status.memory_bytes_soft > 0) json.memory_bytes_soft = status.memory_bytes_soft;
  if (status.memory_bytes_hard > 0) json.memory_bytes_hard = status.memory_bytes_hard;
  json.lag = status.lag();
  for (size_t i = 0; i < status.chunks.size(); ++i) {
    const database::StorageTally& tally = status.chunks[i];
    if (tally.chunks == 0) continue;
    json.storages.push_back({std::string(to_string(static_cast<query::ChunkStorage>(i))), tally.chunks, tally.rows,
                             tally.memory_bytes, tally.stored_bytes});
  }
  for (const database::SequencerStatus& each : status.sequencers) json.sequencers.push_back(json_of(each));
  return json;
}

}  // namespace status_page_parts

using namespace status_page_parts;

std::string status_page(const server::Server& server, const std::function<bool(std::string_view)>& shown) {
  const server::ServerStatus status = server.status();
  StatusJson json;
  json.state = to_string(status.state);
  json.error = status.error;
  json.serving = server.serving();
  json.version = process::version();
  json.uptime_seconds = seconds(status.use.uptime);
  json.memory = {status.use.memory_bytes, status.use.memory_bytes_max};
  json.cache = {status.use.cache_bytes, status.use.cache_bytes_max};
  json.jobs = {status.use.jobs.running, status.use.jobs.waiting};
  if (status.use.disk) json.disk = {status.use.disk->available_bytes, status.use.disk->total_bytes};
  for (const server::DatabaseStatus& each : status.databases)
    if (!shown || shown(each.name)) json.databases.push_back(json_of(each));
  std::string text;
  // Into a string, of plain structs: there is nothing that could fail.
  static_cast<void>(glz::write_json(json, text));
  return text;
}

}  // namespace magnetite::http
