#include "cli/rules_json.h"

#include <influxdata/iox/management/v1/database_rules.pb.h>

#include <glaze/json.hpp>
#include <map>
#include <optional>
#include <variant>
#include <vector>

namespace magnetite::cli {
// Not anonymous: reflection needs names that other units could see.
namespace rules_json_parts {

namespace management = influxdata::iox::management::v1;

struct Empty {};
struct ColumnFormatJson {
  std::string column;
  std::string format;
};
struct PartJson {
  std::optional<Empty> table;
  std::optional<std::string> column;
  std::optional<std::string> time;
  std::optional<ColumnFormatJson> regex;
  std::optional<ColumnFormatJson> strfTime;
};
struct TemplateJson {
  std::vector<PartJson> parts;
};
struct LifecycleJson {
  uint32_t mutableLingerSeconds = 0;
  uint64_t bufferSizeSoft = 0;
  uint64_t bufferSizeHard = 0;
  bool dropNonPersisted = false;
  bool immutable = false;
  bool persist = false;
  uint64_t workerBackoffMillis = 0;
  uint64_t catalogTransactionsUntilCheckpoint = 0;
  uint32_t lateArriveWindowSeconds = 0;
  uint64_t persistRowThreshold = 0;
  uint32_t persistAgeThresholdSeconds = 0;
  uint64_t mubRowThreshold = 0;
  uint32_t maxActiveCompactions = 0;
};
struct DurationJson {
  int64_t seconds = 0;
  int32_t nanos = 0;
};
struct RulesJson {
  std::string name;
  TemplateJson partitionTemplate;
  LifecycleJson lifecycleRules;
  DurationJson workerCleanupAvgSleep;
  std::optional<std::string> writing;
  std::optional<std::string> reading;
};

struct Indented : glz::opts {
  uint8_t indentation_width = 2;
};

PartJson part_json(const management::PartitionTemplate::Part& part) {
  PartJson json;
  if (part.has_table()) json.table = Empty{};
  if (part.has_column()) json.column = part.column();
  if (part.has_time()) json.time = part.time();
  if (part.has_regex()) json.regex = ColumnFormatJson{part.regex().column(), part.regex().format()};
  if (part.has_strf_time()) json.strfTime = ColumnFormatJson{part.strf_time().column(), part.strf_time().format()};
  return json;
}

}  // namespace rules_json_parts

using namespace rules_json_parts;

std::string rules_json(const management::DatabaseRules& rules) {
  RulesJson json;
  json.name = rules.name();
  for (const auto& part : rules.partition_template().parts()) json.partitionTemplate.parts.push_back(part_json(part));
  const management::LifecycleRules& lifecycle = rules.lifecycle_rules();
  json.lifecycleRules = {0,  // mutableLingerSeconds: there is no such knob any more
                         lifecycle.buffer_size_soft(),
                         lifecycle.buffer_size_hard(),
                         lifecycle.drop_non_persisted(),
                         lifecycle.immutable(),
                         lifecycle.persist(),
                         lifecycle.worker_backoff_millis(),
                         lifecycle.catalog_transactions_until_checkpoint(),
                         lifecycle.late_arrive_window_seconds(),
                         lifecycle.persist_row_threshold(),
                         lifecycle.persist_age_threshold_seconds(),
                         lifecycle.mub_row_threshold(),
                         lifecycle.max_active_compactions()};
  json.workerCleanupAvgSleep = {rules.worker_cleanup_avg_sleep().seconds(), rules.worker_cleanup_avg_sleep().nanos()};
  if (rules.has_writing()) json.writing = rules.writing();
  if (rules.has_reading()) json.reading = rules.reading();
  return glz::write<Indented{{.prettify = true}}>(json).value_or("{}");
}

}  // namespace magnetite::cli
