#include "write_buffer/redis/stream_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace magnetite::write_buffer::redis {
namespace {

constexpr std::string_view kPayload = "payload";
constexpr std::string_view kTime = "time";
constexpr std::string_view kHeaderPrefix = "h:";
constexpr std::string_view kMarkerPrefix = "magnetite log 1 ";
constexpr uint32_t kMarkerSequencersMax = 4096;

template <class Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string_view setting(const ServerSettings& settings, std::string_view name) {
  const auto found = std::ranges::find(settings, name, [](const auto& one) { return std::string_view(one.first); });
  return found == settings.end() ? std::string_view() : found->second;
}

}  // namespace

std::string EntryId::text() const { return fmt::format("{}-{}", millis, sequence); }

std::optional<EntryId> parse_entry_id(std::string_view text) {
  EntryId id;
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos || !parse_whole(text.substr(0, dash), id.millis) ||
      !parse_whole(text.substr(dash + 1), id.sequence))
    return std::nullopt;
  return id;
}

EncodedEntry encode_entry(const Headers& headers, std::string_view payload, WallTime written_at) {
  EncodedEntry entry;
  entry.time_text = fmt::format("{}", written_at.nanos);
  entry.names.reserve(headers.size());
  entry.arguments = {kTime, entry.time_text};
  for (const auto& [name, value] : headers) {
    entry.names.push_back(std::string(kHeaderPrefix) + name);
    entry.arguments.push_back(entry.names.back());
    entry.arguments.push_back(value);
  }
  entry.arguments.push_back(kPayload);
  entry.arguments.push_back(payload);
  return entry;
}

Result<SequencedRecord> decode_entry(model::SequencerId sequencer, EntryId id, const Fields& fields) {
  const auto foreign = [&](std::string_view why) {
    return fail(ErrorCode::kCorruption,
                fmt::format("redis: entry {} of sequencer {} is no record: {}", id.text(), sequencer.value, why));
  };
  if (id.millis != kRecordMillis) return foreign("an id of its own");
  if (fields.size() < 2 || fields.front().first != kTime || fields.back().first != kPayload)
    return foreign("it begins with no time or ends with no payload");
  SequencedRecord record;
  record.stored_at.sequence = {sequencer, model::SequenceNumber{id.sequence}};
  if (!parse_whole(fields.front().second, record.stored_at.written_at.nanos)) return foreign("its time is no number");
  for (size_t i = 1; i + 1 < fields.size(); ++i) {
    if (!fields[i].first.starts_with(kHeaderPrefix)) return foreign("a field that is no header");
    record.headers.emplace_back(fields[i].first.substr(kHeaderPrefix.size()), fields[i].second);
  }
  record.payload = fields.back().second;
  return record;
}

std::string Marker::text() const { return fmt::format("{}{} {}", kMarkerPrefix, log_id.text(), sequencers); }

Result<Marker> parse_marker(std::string_view text) {
  const auto refused = [](std::string_view why) {
    return fail(ErrorCode::kFailedPrecondition, fmt::format("redis: the marker key {}", why));
  };
  if (!text.starts_with(kMarkerPrefix)) return refused("is not of this program, or of a newer version of it");
  text.remove_prefix(kMarkerPrefix.size());
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return refused("is damaged");
  const auto id = model::Uuid::parse(text.substr(0, space));
  Marker marker;
  if (!id || !parse_whole(text.substr(space + 1), marker.sequencers) || marker.sequencers == 0 ||
      marker.sequencers > kMarkerSequencersMax)
    return refused("is damaged");
  marker.log_id = *id;
  return marker;
}

std::vector<std::string> durability_problems(const ServerSettings& settings) {
  std::vector<std::string> problems;
  const auto want = [&](std::string_view name, std::string_view wanted) {
    const std::string_view found = setting(settings, name);
    if (found != wanted)
      problems.push_back(fmt::format("{} is '{}' and must be '{}'", name, found.empty() ? "unknown" : found, wanted));
  };
  want("appendonly", "yes");
  want("appendfsync", "always");
  want("no-appendfsync-on-rewrite", "no");
  const std::string_view policy = setting(settings, "maxmemory-policy");
  // Our keys never expire, so that the volatile policies leave them alone.
  if (policy != "noeviction" && !policy.starts_with("volatile-") && setting(settings, "maxmemory") != "0")
    problems.push_back(
        fmt::format("maxmemory-policy is '{}' and must be 'noeviction'", policy.empty() ? "unknown" : policy));
  return problems;
}

}  // namespace magnetite::write_buffer::redis
