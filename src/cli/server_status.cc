#include "cli/server_status.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <influxdata/iox/management/v1/service.pb.h>

#include <array>

namespace magnetite::cli {

namespace management = influxdata::iox::management::v1;

namespace {

std::string duration_text(uint64_t nanos) {
  const uint64_t seconds = nanos / 1'000'000'000;
  const uint64_t days = seconds / 86'400, hours = seconds / 3'600 % 24, minutes = seconds / 60 % 60;
  if (days > 0) return fmt::format("{} d {} h", days, hours);
  if (hours > 0) return fmt::format("{} h {} min", hours, minutes);
  if (minutes > 0) return fmt::format("{} min {} s", minutes, seconds % 60);
  return fmt::format("{} s", seconds);
}

std::string state_text(const management::DatabaseStatus& database) {
  switch (database.state()) {
    case management::DatabaseStatus::DATABASE_STATE_KNOWN:
      return "known";
    case management::DatabaseStatus::DATABASE_STATE_RULES_LOADED:
      return "rules loaded";
    case management::DatabaseStatus::DATABASE_STATE_CATALOG_LOADED:
      return "catalog loaded";
    case management::DatabaseStatus::DATABASE_STATE_REPLAY:
      return "replay";
    case management::DatabaseStatus::DATABASE_STATE_INITIALIZED:
      return "initialized";
    default:
      return fmt::format("state {}", static_cast<int>(database.state()));
  }
}

std::string database_text(const management::DatabaseStatus& database) {
  std::string out = fmt::format("database {}: {}\n", database.db_name(), state_text(database));
  const auto line = [&out](std::string_view name, const std::string& value) {
    out += fmt::format("  {:8} {}\n", name, value);
  };
  if (database.has_error()) line("error", database.error().message());
  if (database.state() == management::DatabaseStatus::DATABASE_STATE_REPLAY) {
    std::string progress =
        fmt::format("{} of about {} records", database.replayed_records(), database.replay_records_total());
    if (database.has_replay_seconds_left())
      progress += fmt::format(", about {:.0f} s left", database.replay_seconds_left());
    line("replay", progress);
  }
  if (database.state() != management::DatabaseStatus::DATABASE_STATE_INITIALIZED) return out;
  line("rows", std::to_string(database.rows()));
  std::string memory = bytes_text(database.memory_bytes());
  if (database.memory_bytes_hard() > 0) memory += fmt::format(" of {}", bytes_text(database.memory_bytes_hard()));
  line("memory", memory);
  std::string log = fmt::format("{}, {}", database.log_use(), bytes_text(database.log_bytes()));
  if (database.has_log_bytes_max()) log += fmt::format(" of {}", bytes_text(database.log_bytes_max()));
  if (database.has_sequencer_lag()) log += fmt::format(", {} entries behind", database.sequencer_lag());
  line("log", log);
  if (!database.log_problem().empty()) line("problem", database.log_problem());
  for (const management::StorageStatus& storage : database.storages())
    line("chunks", fmt::format("{} {}, {} rows, {} in memory, {} in the store", storage.chunks(), storage.storage(),
                               storage.rows(), bytes_text(storage.memory_bytes()), bytes_text(storage.stored_bytes())));
  return out;
}

}  // namespace

std::string bytes_text(uint64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string status_text(const management::ServerStatus& status) {
  std::string out =
      fmt::format("server   {}{}, version {}, up for {}\n", status.state(), status.serving() ? "" : ", not serving",
                  status.version(), duration_text(status.uptime_nanos()));
  if (status.has_error()) out += fmt::format("error    {}\n", status.error().message());
  out += fmt::format("memory   {} of {}; cache {} of {}\n", bytes_text(status.memory_bytes()),
                     bytes_text(status.memory_bytes_max()), bytes_text(status.cache_bytes()),
                     bytes_text(status.cache_bytes_max()));
  if (status.disk_total_bytes() > 0)
    out += fmt::format("disk     {} free of {}\n", bytes_text(status.disk_available_bytes()),
                       bytes_text(status.disk_total_bytes()));
  out += fmt::format("jobs     {} running, {} waiting\n", status.jobs_running(), status.jobs_waiting());
  for (const management::DatabaseStatus& database : status.loading()) out += database_text(database);
  for (const management::DatabaseStatus& database : status.database_statuses()) out += database_text(database);
  out.pop_back();
  return out;
}

std::string status_json(const management::ServerStatus& status) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  // Of a message of our own: there is nothing that could fail.
  static_cast<void>(google::protobuf::util::MessageToJsonString(status, &json, options));
  while (json.ends_with('\n')) json.pop_back();
  return json;
}

}  // namespace magnetite::cli
