#include "http/status_page.h"

#include <glaze/json.hpp>
#include <optional>
#include <vector>

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
  std::vector<SequencerJson> sequencers;
};

struct StatusJson {
  std::string state;
  std::string error;
  bool serving = false;
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
  for (const database::SequencerStatus& each : status.sequencers) json.sequencers.push_back(json_of(each));
  return json;
}

}  // namespace status_page_parts

using namespace status_page_parts;

std::string status_page(const server::Server& server) {
  const server::ServerStatus status = server.status();
  StatusJson json;
  json.state = to_string(status.state);
  json.error = status.error;
  json.serving = server.serving();
  for (const server::DatabaseStatus& each : status.databases) json.databases.push_back(json_of(each));
  std::string text;
  // Into a string, of plain structs: there is nothing that could fail.
  static_cast<void>(glz::write_json(json, text));
  return text;
}

}  // namespace magnetite::http
