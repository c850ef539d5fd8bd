#include "database/record_player.h"

#include <fmt/format.h>

#include <utility>

#include "entry/wire.h"
#include "persistence/replay_filter.h"

namespace magnetite::database {
namespace {

constexpr size_t kNoLimit = SIZE_MAX / 2;
constexpr size_t kKeptBytesMax = 16 << 20;  // of a record, whose memory is used for the next one

// The lines of a write that are later than `time`; series are looked up anew.
entry::PartitionWrite rows_after(const entry::PartitionWrite& write, const entry::ParsedBody& body, int64_t time) {
  entry::PartitionWrite rest;
  rest.table = write.table;
  rest.partition_key = write.partition_key;
  rest.sequencer_index = write.sequencer_index;
  for (const uint32_t line : write.lines) {
    const int64_t at = body.batch.lines[line].timestamp;
    if (at <= time) continue;
    rest.lines.push_back(line);
    rest.series.push_back(entry::kUnknownSeries);
    rest.times.include(at);
  }
  return rest;
}

}  // namespace

Result<entry::RoutedWrite> route_and_agree(const entry::ParsedBody& body, const entry::PartitionKeyMaker& maker,
                                           const entry::RouteOptions& options, bool accept_partial, TableSet& tables) {
  constexpr int kTriesMax = 16;  // each lost race means that another write added columns
  for (int i = 0; i < kTriesMax; ++i) {
    entry::RoutedWrite routed = entry::route(body, maker, options, tables);
    if (!accept_partial && !routed.errors.empty()) return routed;
    MAGNETITE_TRY(const bool agreed, tables.agree(routed));
    if (agreed) return routed;
  }
  return fail(ErrorCode::kUnavailable, "too many concurrent schema changes; repeat the write");
}

Result<const RecordPlayer::Prepared*> RecordPlayer::prepare(write_buffer::SequencedRecord record) {
  MAGNETITE_RETURN_IF_ERROR(parts_.source == RecordSource::kOwn ? prepare_own(std::move(record))
                                                                : prepare_foreign(std::move(record)));
  return &prepared_;
}

void RecordPlayer::parse(write_buffer::SequencedRecord record, const line_protocol::ParseOptions& parsing) {
  if (prepared_.body.text.size() > kKeptBytesMax) prepared_ = {};
  prepared_.stored_at = record.stored_at;
  prepared_.body.text = std::move(record.payload);
  line_protocol::parse(prepared_.body.text, parsing, prepared_.body.batch);
}

Result<> RecordPlayer::prepare_own(write_buffer::SequencedRecord record) {
  MAGNETITE_TRY(const entry::EntryHeaders headers, entry::decode(record.headers));
  if (headers.database_uuid != parts_.uuid)
    return fail(ErrorCode::kCorruption,
                fmt::format("the record belongs to database '{}' {}", headers.database, headers.database_uuid.text()));
  MAGNETITE_RETURN_IF_ERROR(parts_.tables.declare(headers.declarations));
  parts_.announced.announce(position_, headers.declarations);
  line_protocol::ParseOptions parsing;
  parsing.key_bytes_max = parsing.line_bytes_max = kNoLimit;
  parse(std::move(record), parsing);
  return route_record({{kNoLimit, kNoLimit, kNoLimit, kNoLimit}, parts_.sequencers});
}

Result<> RecordPlayer::prepare_foreign(write_buffer::SequencedRecord record) {
  line_protocol::ParseOptions parsing;
  MAGNETITE_TRY(parsing.precision, entry::precision_of(record.headers));
  parsing.default_time_nanos = record.stored_at.written_at.nanos;
  parsing.key_bytes_max = parts_.limits.key_bytes_max;
  parsing.line_bytes_max = parts_.limits.line_bytes_max;
  parse(std::move(record), parsing);
  return route_record({parts_.limits, parts_.sequencers});
}

// Nobody would repeat a record that is in the log. Races for new columns end, as the columns of a table are bounded.
Result<> RecordPlayer::route_record(const entry::RouteOptions& options) {
  while (true) {
    auto routed = route_and_agree(prepared_.body, parts_.partition_keys, options, true, parts_.tables);
    if (!routed && routed.error().is_retryable()) continue;
    if (!routed) return std::unexpected(std::move(routed).error());
    prepared_.routed = *std::move(routed);
    return {};
  }
}

void RecordPlayer::apply(const Prepared& record, const persistence::ReplayPlan& plan) const {
  for (const entry::PartitionWrite& write : record.routed.partitions) {
    const persistence::PartitionName name{record.routed.tables[write.table].name, write.partition_key};
    const auto decision = persistence::replay_decision(plan.last_partition_checkpoint(name), record.stored_at.sequence);
    if (std::holds_alternative<persistence::SkipAll>(decision)) continue;
    const auto* after = std::get_if<persistence::ApplyRowsAfter>(&decision);
    if (after == nullptr) {
      parts_.apply(record.body, record.routed, write, record.stored_at);
      continue;
    }
    const entry::PartitionWrite rest = rows_after(write, record.body, after->time);
    if (!rest.lines.empty()) parts_.apply(record.body, record.routed, rest, record.stored_at);
  }
}

Result<> RecordPlayer::left_out(const Prepared& record) {
  if (record.routed.errors.empty()) return {};
  return fail(ErrorCode::kCorruption,
              fmt::format("{} lines could not be used, first: line {}: {}", record.routed.lines_rejected,
                          record.routed.errors.front().line_number, record.routed.errors.front().message));
}

}  // namespace magnetite::database
