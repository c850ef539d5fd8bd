// The options of `database create` and `database update`, and what they make of a database's rules.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}
namespace influxdata::iox::management::v1 {
class DatabaseRules;
}

namespace magnetite::cli {

// What was given on the command line.
struct RulesOptions {
  std::optional<uint64_t> buffer_size_soft;
  std::optional<uint64_t> buffer_size_hard;
  std::optional<bool> drop_non_persisted;
  std::optional<bool> skip_persist;
  std::optional<bool> immutable;
  std::optional<std::string> write_buffer_writing;
  std::optional<std::string> write_buffer_reading;
  std::optional<uint64_t> catalog_transactions_until_checkpoint;
  std::optional<uint32_t> late_arrive_window_seconds;
  std::optional<uint64_t> persist_row_threshold;
  std::optional<uint32_t> persist_age_threshold_seconds;
  std::optional<std::string> partition_template;
};

// Those of `create` for what is not given.
RulesOptions default_rules();

// Only what is given changes. Pure.
void apply(const RulesOptions& options, influxdata::iox::management::v1::DatabaseRules& rules);

std::shared_ptr<RulesOptions> add_rules_options(CLI::App& command);

}  // namespace magnetite::cli
