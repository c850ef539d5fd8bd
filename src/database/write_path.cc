#include "database/write_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "entry/split.h"
#include "entry/wire.h"

namespace magnetite::database {
namespace {

// A log that does not answer for this long is reported as unclear instead of holding the client.
constexpr std::chrono::seconds kWriteDeadline{60};

size_t bytes_of(const write_buffer::Headers& headers) {
  size_t bytes = 0;
  for (const auto& [key, value] : headers) bytes += key.size() + value.size();
  return bytes;
}

}  // namespace

// What becomes one record of one sequencer.
struct WritePath::Entry {
  std::vector<const entry::PartitionWrite*> partitions;
  std::vector<entry::PartitionWrite> parts;  // of writes too large for one record
  entry::Payload payload;
  uint64_t lines = 0;
};

// A write after routing: immutable, shared with the lanes until it is applied.
struct WritePath::Prepared {
  struct PerLane {
    std::vector<const entry::PartitionWrite*> partitions;
    std::vector<entry::Declaration> declarations;  // go with each entry: any of them may be the first that is stored
    std::vector<Entry> entries;
  };
  entry::ParsedBody body;
  entry::RoutedWrite routed;
  std::map<uint32_t, PerLane> lanes;
};

WritePath::WritePath(Executor& executor, const PlayerParts& parts, write_buffer::Writer& writer,
                     const std::vector<Mutex*>& gates)
    : executor_(executor), parts_(parts), writer_(writer) {
  for (size_t i = 0; i < gates.size(); ++i)
    lanes_.push_back(std::make_unique<Lane>(writer_, writer_.sequencer_ids()[i], *gates[i]));
}

Result<WriteReport> WritePath::write(WriteInput input, After after) {
  const uint64_t bytes = input.body.size();
  auto written = write_counted(std::move(input), after);
  (written ? counters_.body_bytes : counters_.body_bytes_failed) += bytes;
  return written;
}

Result<WriteReport> WritePath::write_counted(WriteInput input, After after) {
  const bool accept_partial = input.accept_partial;
  MAGNETITE_TRY(const std::shared_ptr<Prepared> prepared, prepare(std::move(input)));
  entry::RoutedWrite& routed = prepared->routed;

  WriteReport report;
  const bool refused = !accept_partial && !routed.errors.empty();
  if (!refused && routed.lines_accepted > 0) {
    MAGNETITE_RETURN_IF_ERROR(sequence(prepared, after));
    report.lines_accepted = routed.lines_accepted;
    report.fields_accepted = routed.fields_accepted;
  }
  report.lines_rejected = routed.lines_rejected + (refused ? routed.lines_accepted : 0);
  report.errors = std::move(routed.errors);
  report.limit_errors = std::move(routed.limit_errors);
  counters_.lines_accepted += report.lines_accepted;
  counters_.lines_rejected += report.lines_rejected;
  counters_.fields_accepted += report.fields_accepted;
  return report;
}

Result<std::shared_ptr<WritePath::Prepared>> WritePath::prepare(WriteInput input) const {
  auto prepared = std::make_shared<Prepared>();
  prepared->body.text = std::move(input.body);
  line_protocol::ParseOptions parsing;
  parsing.precision = input.precision;
  parsing.default_time_nanos = executor_.clock().wall_now().nanos;
  parsing.key_bytes_max = parts_.limits.key_bytes_max;
  parsing.line_bytes_max = parts_.limits.line_bytes_max;
  line_protocol::parse(prepared->body.text, parsing, prepared->body.batch);
  const entry::RouteOptions routing{parts_.limits, static_cast<uint32_t>(lanes_.size())};
  MAGNETITE_TRY(prepared->routed,
                route_and_agree(prepared->body, parts_.partition_keys, routing, input.accept_partial, parts_.tables));
  return prepared;
}

void WritePath::make_entries(Prepared& prepared, uint32_t index) const {
  Prepared::PerLane& lane = prepared.lanes.at(index);
  std::vector<bool> table_seen(prepared.routed.tables.size());
  for (const entry::PartitionWrite* partition : lane.partitions) {
    if (table_seen[partition->table]) continue;
    table_seen[partition->table] = true;
    auto missing = parts_.announced.missing(index, *prepared.routed.tables[partition->table].schema);
    std::ranges::move(missing, std::back_inserter(lane.declarations));
  }
  const auto fill = [&](Entry& entry) {
    std::vector<uint32_t> lines;
    for (const entry::PartitionWrite* partition : entry.partitions)
      lines.insert(lines.end(), partition->lines.begin(), partition->lines.end());
    if (entry.partitions.size() > 1) std::ranges::sort(lines);
    entry.lines = lines.size();
    entry::make_payload(prepared.body, lines, entry.payload);
  };
  Entry& whole = lane.entries.emplace_back();
  whole.partitions = lane.partitions;
  fill(whole);

  const size_t headers_bytes = bytes_of(entry::encode({parts_.database, parts_.uuid, writer_id_, lane.declarations}));
  const uint64_t record_bytes_max = writer_.record_bytes_max();
  const size_t payload_bytes_max = record_bytes_max - std::min<uint64_t>(record_bytes_max / 2, headers_bytes);
  if (whole.payload.text.size() <= payload_bytes_max) return;
  auto pieces = entry::split_writes(prepared.body, lane.partitions, payload_bytes_max);
  lane.entries.clear();
  lane.entries.reserve(pieces.size());  // an entry stays where it is: its payload refers to itself
  for (auto& parts : pieces) {
    Entry& entry = lane.entries.emplace_back();
    entry.parts = std::move(parts);
    for (const entry::PartitionWrite& part : entry.parts) entry.partitions.push_back(&part);
    fill(entry);
  }
}

Result<> WritePath::sequence(const std::shared_ptr<Prepared>& prepared, After after) {
  for (const entry::PartitionWrite& partition : prepared->routed.partitions)
    prepared->lanes[partition.sequencer_index].partitions.push_back(&partition);
  struct Entered {
    uint32_t lane;
    const Entry* entry;
    std::shared_ptr<Lane::Ticket> ticket;
  };
  std::vector<Entered> entered;
  std::optional<Error> failure;
  for (auto& [index, lane] : prepared->lanes) {
    make_entries(*prepared, index);
    const write_buffer::Headers headers = entry::encode({parts_.database, parts_.uuid, writer_id_, lane.declarations});
    for (const Entry& entry : lane.entries) {
      const write_buffer::Record record{headers, entry.payload.text};
      auto ticket = lanes_[index]->enter(record, [this, prepared, &entry, after](const write_buffer::StoredAt& at) {
        if (after == After::kForget) return;
        for (const entry::PartitionWrite* partition : entry.partitions)
          parts_.apply(prepared->body, prepared->routed, *partition, at);
      });
      if (!ticket) {
        counters_.entry_bytes_failed += entry.payload.text.size();
        failure = std::move(ticket).error();
        break;
      }
      entered.push_back({index, &entry, *std::move(ticket)});
    }
    if (failure) break;
  }
  uint64_t lines_stored = 0;
  const MonoTime deadline = executor_.clock().mono_now() + kWriteDeadline;
  for (Entered& each : entered) {
    if (auto stored = lanes_[each.lane]->finish(*each.ticket, deadline); stored) {
      lines_stored += each.entry->lines;
      counters_.entry_bytes += each.entry->payload.text.size();
      parts_.announced.announce(each.lane, prepared->lanes.at(each.lane).declarations);
    } else {
      counters_.entry_bytes_failed += each.entry->payload.text.size();
      if (!failure || stored.error().code() == ErrorCode::kUnclear) failure = std::move(stored).error();
    }
  }
  if (!failure) return {};
  // A full disk or a full queue is the server's trouble, not the client's rate: 503, not 429.
  if (failure->code() == ErrorCode::kResourceExhausted) failure = Error(ErrorCode::kUnavailable, failure->message());
  if (lines_stored == 0) return std::unexpected(*std::move(failure));
  return std::unexpected((*std::move(failure))
                             .with_context(fmt::format("{} of {} lines were stored, repeating the whole write is safe",
                                                       lines_stored, prepared->routed.lines_accepted)));
}

}  // namespace magnetite::database
