#include "server/rules_proto.h"

#include <fmt/format.h>
#include <influxdata/iox/management/v1/database_rules.pb.h>

#include <algorithm>

#include "server/routing_proto.h"

namespace magnetite::server {
namespace {

void part_to_proto(const model::TemplatePart& part, management::PartitionTemplate::Part& out) {
  if (std::holds_alternative<model::TablePart>(part)) {
    out.mutable_table();
  } else if (const auto* column = std::get_if<model::ColumnPart>(&part)) {
    out.set_column(column->column);
  } else if (const auto* time = std::get_if<model::TimePart>(&part)) {
    out.set_time(time->format);
  } else if (const auto* regex = std::get_if<model::RegexPart>(&part)) {
    out.mutable_regex()->set_column(regex->column);
    out.mutable_regex()->set_format(regex->regex);
  } else {
    const auto& strftime = std::get<model::StrftimePart>(part);
    out.mutable_strf_time()->set_column(strftime.column);
    out.mutable_strf_time()->set_format(strftime.format);
  }
}

Result<model::TemplatePart> part_from_proto(const management::PartitionTemplate::Part& part, int index) {
  using Part = management::PartitionTemplate::Part;
  switch (part.part_case()) {
    case Part::kTable:
      return model::TablePart{};
    case Part::kColumn:
      return model::ColumnPart{part.column()};
    case Part::kTime:
      return model::TimePart{part.time()};
    case Part::kRegex:
      return model::RegexPart{part.regex().column(), part.regex().format()};
    case Part::kStrfTime:
      return model::StrftimePart{part.strf_time().column(), part.strf_time().format()};
    case Part::PART_NOT_SET:
      break;
  }
  return fail(ErrorCode::kInvalidInput,
              fmt::format("rules.partition_template.parts.{}.part: Field is required", index));
}

}  // namespace

void to_proto(const model::DatabaseRules& rules, management::DatabaseRules& out) {
  out.set_name(rules.name);
  for (const model::TemplatePart& part : rules.partition_template.parts)
    part_to_proto(part, *out.mutable_partition_template()->add_parts());
  const model::LifecycleRules& from = rules.lifecycle;
  management::LifecycleRules& lifecycle = *out.mutable_lifecycle_rules();
  lifecycle.set_buffer_size_soft(from.buffer_bytes_soft);
  lifecycle.set_buffer_size_hard(from.buffer_bytes_hard);
  lifecycle.set_drop_non_persisted(from.drop_non_persisted);
  lifecycle.set_immutable(from.immutable);
  lifecycle.set_persist(from.persist);
  lifecycle.set_worker_backoff_millis(from.worker_backoff_millis);
  lifecycle.set_catalog_transactions_until_checkpoint(from.catalog_transactions_until_checkpoint);
  lifecycle.set_late_arrive_window_seconds(from.late_arrive_window_seconds);
  lifecycle.set_persist_row_threshold(from.persist_row_threshold);
  lifecycle.set_persist_age_threshold_seconds(from.persist_age_threshold_seconds);
  lifecycle.set_mub_row_threshold(from.mub_row_threshold);
  lifecycle.set_max_active_compactions(from.max_active_compactions);
  out.mutable_worker_cleanup_avg_sleep()->set_seconds(static_cast<int64_t>(rules.worker_cleanup_avg_sleep_seconds));
  to_proto(rules.routing, out);
  if (!rules.write_buffer_writing.empty()) out.set_writing(rules.write_buffer_writing);
  if (!rules.write_buffer_reading.empty()) out.set_reading(rules.write_buffer_reading);
  out.set_uuid(rules.uuid.bytes.data(), rules.uuid.bytes.size());
}

Result<model::DatabaseRules> from_proto(const management::DatabaseRules& from) {
  model::DatabaseRules rules;
  rules.name = from.name();
  for (int i = 0; i < from.partition_template().parts_size(); ++i) {
    MAGNETITE_TRY(model::TemplatePart part, part_from_proto(from.partition_template().parts(i), i));
    rules.partition_template.parts.push_back(std::move(part));
  }
  if (from.has_lifecycle_rules()) {
    const management::LifecycleRules& lifecycle = from.lifecycle_rules();
    rules.lifecycle.buffer_bytes_soft = lifecycle.buffer_size_soft();
    rules.lifecycle.buffer_bytes_hard = lifecycle.buffer_size_hard();
    rules.lifecycle.drop_non_persisted = lifecycle.drop_non_persisted();
    rules.lifecycle.immutable = lifecycle.immutable();
    rules.lifecycle.persist = lifecycle.persist();
    rules.lifecycle.worker_backoff_millis = lifecycle.worker_backoff_millis();
    rules.lifecycle.catalog_transactions_until_checkpoint = lifecycle.catalog_transactions_until_checkpoint();
    rules.lifecycle.late_arrive_window_seconds = lifecycle.late_arrive_window_seconds();
    rules.lifecycle.persist_row_threshold = lifecycle.persist_row_threshold();
    rules.lifecycle.persist_age_threshold_seconds = lifecycle.persist_age_threshold_seconds();
    rules.lifecycle.mub_row_threshold = lifecycle.mub_row_threshold();
    rules.lifecycle.max_active_compactions = lifecycle.max_active_compactions();
  }
  if (from.worker_cleanup_avg_sleep().seconds() < 0 || from.worker_cleanup_avg_sleep().nanos() < 0)
    return fail(ErrorCode::kInvalidInput, "rules.worker_cleanup_avg_sleep: a duration cannot be negative");
  rules.worker_cleanup_avg_sleep_seconds = static_cast<uint64_t>(from.worker_cleanup_avg_sleep().seconds());
  MAGNETITE_TRY(rules.routing, routing_from_proto(from));
  rules.write_buffer_writing = from.writing();
  rules.write_buffer_reading = from.reading();
  if (from.uuid().size() == rules.uuid.bytes.size()) std::ranges::copy(from.uuid(), rules.uuid.bytes.begin());
  return rules;
}

object_store::Bytes encode_rules_file(const model::DatabaseRules& rules) {
  management::DatabaseRules message;
  to_proto(rules, message);
  object_store::Bytes bytes(message.ByteSizeLong());
  message.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

Result<model::DatabaseRules> decode_rules_file(const object_store::Bytes& bytes) {
  const auto bad = [](std::string_view why) {
    return fail(ErrorCode::kCorruption, fmt::format("error deserializing database rules from protobuf: {}", why));
  };
  management::DatabaseRules message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return bad("the bytes are no message");
  auto rules = from_proto(message);
  if (!rules) return bad(rules.error().message());
  if (rules->uuid == model::Uuid{}) return bad("the database has no uuid");
  if (auto valid = model::validate(*rules); !valid) return bad(valid.error().message());
  return rules;
}

}  // namespace magnetite::server
