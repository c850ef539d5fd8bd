#include "persistence/checkpoint_codec.h"

#include <fmt/format.h>

#include <charconv>

namespace magnetite::persistence {
namespace {

constexpr std::string_view kVersion = "1";

std::string encode_ranges(const SequencerRanges& ranges) {
  std::string text;
  for (const auto& [sequencer, range] : ranges) {
    if (!text.empty()) text += ',';
    if (const auto min = range.min())
      fmt::format_to(std::back_inserter(text), "{}:{}/{}", sequencer.value, min->value, range.max().value);
    else
      fmt::format_to(std::back_inserter(text), "{}:/{}", sequencer.value, range.max().value);
  }
  return text;
}

std::unexpected<Error> corrupt(std::string_view what, std::string_view found) {
  // A text that is not ours may be anything and of any size.
  constexpr size_t kShownBytes = 60;
  return fail(ErrorCode::kCorruption,
              fmt::format("checkpoint: {} expected, found {:?}", what, std::string_view(found.substr(0, kShownBytes))));
}

// The text up to `end`, which is removed too; the whole rest when there is none.
std::string_view take_until(std::string_view& rest, char end) {
  const size_t at = rest.find(end);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}

// Only the form that encode() writes: no sign of a positive number, no leading zeros.
template <class Number>
Result<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || fmt::format("{}", value) != text)
    return corrupt("a number", text);
  return value;
}

Result<SequencerRanges> decode_ranges(std::string_view text) {
  SequencerRanges ranges;
  if (text.ends_with(',')) return corrupt("another range", text);
  while (!text.empty()) {
    std::string_view one = take_until(text, ',');
    if (!one.contains(':') || !one.contains('/')) return corrupt("sequencer:first/last", one);
    MAGNETITE_TRY(const uint32_t sequencer, number<uint32_t>(take_until(one, ':')));
    const std::string_view first = take_until(one, '/');
    MAGNETITE_TRY(const uint64_t max, number<uint64_t>(one));
    std::optional<model::SequenceNumber> min;
    if (!first.empty()) {
      MAGNETITE_TRY(const uint64_t value, number<uint64_t>(first));
      min = model::SequenceNumber{value};
    }
    const auto range = OptionalMinMaxSequence::make(min, {max});
    if (!range) return corrupt("first <= last", one);
    if (!ranges.empty() && ranges.rbegin()->first.value >= sequencer) return corrupt("ascending sequencers", one);
    ranges.emplace_hint(ranges.end(), model::SequencerId{sequencer}, *range);
  }
  return ranges;
}

Result<model::Uuid> decode_head(std::string_view& rest) {
  if (const auto version = take_until(rest, ';'); version != kVersion) return corrupt("version 1", version);
  const std::string_view text = take_until(rest, ';');
  const auto log_id = model::Uuid::parse(text);
  if (!log_id || log_id->text() != text) return corrupt("the log's UUID", text);
  return *log_id;
}

}  // namespace

std::string encode(const PartitionCheckpoint& checkpoint) {
  const std::string timestamp = checkpoint.flush_timestamp ? fmt::format("{}", *checkpoint.flush_timestamp) : "";
  return fmt::format("{};{};{};{}", kVersion, checkpoint.log_id.text(), timestamp, encode_ranges(checkpoint.ranges));
}

std::string encode(const DatabaseCheckpoint& checkpoint) {
  return fmt::format("{};{};{}", kVersion, checkpoint.log_id.text(), encode_ranges(checkpoint.ranges));
}

Result<PartitionCheckpoint> decode_partition_checkpoint(std::string_view text, std::string table,
                                                        std::string partition_key) {
  PartitionCheckpoint checkpoint;
  std::string_view rest = text;
  MAGNETITE_TRY(checkpoint.log_id, decode_head(rest));
  if (!rest.contains(';')) return corrupt("flush timestamp and ranges", rest);
  if (const std::string_view timestamp = take_until(rest, ';'); !timestamp.empty()) {
    MAGNETITE_TRY(checkpoint.flush_timestamp, number<int64_t>(timestamp));
  }
  MAGNETITE_TRY(checkpoint.ranges, decode_ranges(rest));
  checkpoint.table = std::move(table);
  checkpoint.partition_key = std::move(partition_key);
  return checkpoint;
}

Result<DatabaseCheckpoint> decode_database_checkpoint(std::string_view text) {
  DatabaseCheckpoint checkpoint;
  std::string_view rest = text;
  MAGNETITE_TRY(checkpoint.log_id, decode_head(rest));
  MAGNETITE_TRY(checkpoint.ranges, decode_ranges(rest));
  // "1;uuid" without its last ';' is not what encode() makes.
  if (checkpoint.ranges.empty() && !text.ends_with(';')) return corrupt("ranges", rest);
  return checkpoint;
}

}  // namespace magnetite::persistence
