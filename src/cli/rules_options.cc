#include "cli/rules_options.h"

#include <influxdata/iox/management/v1/database_rules.pb.h>

#include <CLI/CLI.hpp>

namespace magnetite::cli {

RulesOptions default_rules() {
  RulesOptions options;
  options.buffer_size_soft = 0;
  options.buffer_size_hard = 0;
  options.drop_non_persisted = false;
  options.skip_persist = false;
  options.immutable = false;
  options.catalog_transactions_until_checkpoint = 100;
  options.late_arrive_window_seconds = 300;
  options.persist_row_threshold = 1'000'000;
  options.persist_age_threshold_seconds = 1800;
  options.partition_template = "%Y-%m-%d %H:00:00";
  return options;
}

void apply(const RulesOptions& options, influxdata::iox::management::v1::DatabaseRules& rules) {
  auto& lifecycle = *rules.mutable_lifecycle_rules();
  if (options.buffer_size_soft) lifecycle.set_buffer_size_soft(*options.buffer_size_soft);
  if (options.buffer_size_hard) lifecycle.set_buffer_size_hard(*options.buffer_size_hard);
  if (options.drop_non_persisted) lifecycle.set_drop_non_persisted(*options.drop_non_persisted);
  if (options.skip_persist) lifecycle.set_persist(!*options.skip_persist);
  if (options.immutable) lifecycle.set_immutable(*options.immutable);
  if (options.write_buffer_writing) rules.set_writing(*options.write_buffer_writing);
  if (options.write_buffer_reading) rules.set_reading(*options.write_buffer_reading);
  if (options.catalog_transactions_until_checkpoint)
    lifecycle.set_catalog_transactions_until_checkpoint(*options.catalog_transactions_until_checkpoint);
  if (options.late_arrive_window_seconds) lifecycle.set_late_arrive_window_seconds(*options.late_arrive_window_seconds);
  if (options.persist_row_threshold) lifecycle.set_persist_row_threshold(*options.persist_row_threshold);
  if (options.persist_age_threshold_seconds)
    lifecycle.set_persist_age_threshold_seconds(*options.persist_age_threshold_seconds);
  if (options.partition_template) {
    rules.clear_partition_template();
    rules.mutable_partition_template()->add_parts()->set_time(*options.partition_template);
  }
}

std::shared_ptr<RulesOptions> add_rules_options(CLI::App& command) {
  auto options = std::make_shared<RulesOptions>();
  command.add_option("--buffer-size-soft", options->buffer_size_soft,
                     "Bytes in memory from which data is unloaded; 0: by the process");
  command.add_option("--buffer-size-hard", options->buffer_size_hard,
                     "Bytes in memory above which writes are refused; 0: by the process");
  command.add_flag("--drop-non-persisted,!--drop-persisted-only", options->drop_non_persisted,
                   "Unpersisted data may be dropped when memory is short (loses data), or only persisted data leaves "
                   "memory (the default)");
  command.add_flag("--skip-persist,!--persist", options->skip_persist, "Nothing is persisted, or everything is");
  command.add_flag("--immutable,!--mutable", options->immutable,
                   "Keeps no writes; with --write-buffer-writing: only forwards them");
  CLI::Option* writing = command.add_option("--write-buffer-writing", options->write_buffer_writing,
                                            "Writes go to kafka://host:port[/topic], redis://..., file:folder");
  command.add_option("--write-buffer-reading", options->write_buffer_reading, "Rows come from kafka://... only")
      ->excludes(writing);
  command.add_option("--catalog-transactions-until-checkpoint", options->catalog_transactions_until_checkpoint,
                     "A summary of the catalog is written every so many changes");
  command.add_option("--late-arrive-window-seconds", options->late_arrive_window_seconds,
                     "How long rows wait for late ones before they are persisted");
  command.add_option("--persist-row-threshold", options->persist_row_threshold,
                     "A partition with so many rows is persisted before that");
  command.add_option("--persist-age-threshold-seconds", options->persist_age_threshold_seconds,
                     "So is one whose oldest row in memory has this age");
  command.add_option("--partition-template", options->partition_template,
                     "strftime format of a row's partition; cannot change once there are rows");
  return options;
}

}  // namespace magnetite::cli
