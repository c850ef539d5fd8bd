#include "model/database_rules.h"

#include <fmt/format.h>

namespace magnetite::model {
namespace {

Result<> required(std::string_view path, std::string_view value) {
  if (!value.empty()) return {};
  return fail(ErrorCode::kInvalidInput, fmt::format("{}: Field is required", path));
}

Result<> validate_part(const std::string& path, const TemplatePart& part) {
  if (const auto* column = std::get_if<ColumnPart>(&part)) return required(path + ".column", column->column);
  if (const auto* time = std::get_if<TimePart>(&part)) return required(path + ".time", time->format);
  if (const auto* regex = std::get_if<RegexPart>(&part)) {
    MAGNETITE_RETURN_IF_ERROR(required(path + ".regex.column", regex->column));
    return required(path + ".regex.format", regex->regex);
  }
  if (const auto* strftime = std::get_if<StrftimePart>(&part)) {
    MAGNETITE_RETURN_IF_ERROR(required(path + ".strf_time.column", strftime->column));
    return required(path + ".strf_time.format", strftime->format);
  }
  return {};
}

}  // namespace

DatabaseRules default_rules(std::string name) {
  DatabaseRules rules;
  rules.name = std::move(name);
  rules.partition_template.parts.emplace_back(TimePart{"%Y-%m-%d"});
  return rules;
}

Result<> validate(const DatabaseRules& rules) {
  if (auto name = check_database_name(rules.name); !name)
    return std::unexpected(std::move(name).error().with_context("rules.name"));
  for (size_t i = 0; i < rules.partition_template.parts.size(); ++i)
    MAGNETITE_RETURN_IF_ERROR(
        validate_part(fmt::format("rules.partition_template.parts.{}.part", i), rules.partition_template.parts[i]));
  if (!rules.write_buffer_writing.empty() && !rules.write_buffer_reading.empty())
    return fail(ErrorCode::kInvalidInput,
                "rules.write_buffer_connection: a database either writes to a write buffer or reads from one");
  if (!rules.write_buffer_reading.empty() && !std::holds_alternative<std::monostate>(rules.routing))
    return fail(ErrorCode::kInvalidInput,
                "rules.routing_rules: a database that reads a write buffer takes no writes that could be sent on");
  return validate(rules.routing);
}

void materialise_defaults(DatabaseRules& rules) {
  const LifecycleRules defaults;
  LifecycleRules& lifecycle = rules.lifecycle;
  if (lifecycle.worker_backoff_millis == 0) lifecycle.worker_backoff_millis = defaults.worker_backoff_millis;
  if (lifecycle.catalog_transactions_until_checkpoint == 0)
    lifecycle.catalog_transactions_until_checkpoint = defaults.catalog_transactions_until_checkpoint;
  if (lifecycle.late_arrive_window_seconds == 0)
    lifecycle.late_arrive_window_seconds = defaults.late_arrive_window_seconds;
  if (lifecycle.persist_row_threshold == 0) lifecycle.persist_row_threshold = defaults.persist_row_threshold;
  if (lifecycle.persist_age_threshold_seconds == 0)
    lifecycle.persist_age_threshold_seconds = defaults.persist_age_threshold_seconds;
  if (lifecycle.mub_row_threshold == 0) lifecycle.mub_row_threshold = defaults.mub_row_threshold;
  if (rules.worker_cleanup_avg_sleep_seconds == 0) rules.worker_cleanup_avg_sleep_seconds = 500;
}

}  // namespace magnetite::model
