// What an operator may set for a database. Field for field the management API's DatabaseRules; 0 or absent means the
// default, which materialise_defaults() writes in.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/ids.h"
#include "model/routing_rules.h"

namespace magnetite::model {

// Parts of a partition key, joined with '-'. Column, regex and strftime parts read tags only: a field there would
// spread one identity over partitions.
struct TablePart {
  bool operator==(const TablePart&) const = default;
};
struct ColumnPart {
  std::string column;
  bool operator==(const ColumnPart&) const = default;
};
struct TimePart {
  std::string format;
  bool operator==(const TimePart&) const = default;
};
struct RegexPart {
  std::string column;
  std::string regex;
  bool operator==(const RegexPart&) const = default;
};
struct StrftimePart {
  std::string column;
  std::string format;
  bool operator==(const StrftimePart&) const = default;
};
using TemplatePart = std::variant<TablePart, ColumnPart, TimePart, RegexPart, StrftimePart>;

struct PartitionTemplate {
  std::vector<TemplatePart> parts;
  bool operator==(const PartitionTemplate&) const = default;
};

struct LifecycleRules {
  uint64_t buffer_bytes_soft = 0;  // 0 = from the process budget
  uint64_t buffer_bytes_hard = 0;
  bool drop_non_persisted = false;
  bool immutable = false;
  bool persist = true;
  uint64_t worker_backoff_millis = 1000;
  uint64_t catalog_transactions_until_checkpoint = 100;
  uint32_t late_arrive_window_seconds = 300;
  uint64_t persist_row_threshold = 1'000'000;
  uint32_t persist_age_threshold_seconds = 1800;
  uint64_t mub_row_threshold = 100'000;  // an open chunk of so many rows is closed
  uint32_t max_active_compactions = 0;   // 0 = as many as the server runs jobs
  bool operator==(const LifecycleRules&) const = default;
};

struct DatabaseRules {
  std::string name;
  Uuid uuid;  // given at creation; a recreated name never meets old data
  PartitionTemplate partition_template;
  LifecycleRules lifecycle;
  uint64_t worker_cleanup_avg_sleep_seconds = 500;
  std::string write_buffer_writing;  // connection string; at most one of the two is set
  std::string write_buffer_reading;
  RoutingRules routing;
  bool operator==(const DatabaseRules&) const = default;
};

// Rules of a database that a write creates: daily partitions.
DatabaseRules default_rules(std::string name);

// kInvalidInput with the field's path ("rules.partition_template.parts.0.part: Field is required").
Result<> validate(const DatabaseRules& rules);
void materialise_defaults(DatabaseRules& rules);

}  // namespace magnetite::model
