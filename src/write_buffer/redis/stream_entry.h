// How a record lies in a stream, and what the marker of a log says. Pure. docs/write_buffers.md has the layout.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer::redis {

// Of an entry: two numbers. Records have kRecordMillis and their number, so that the server itself counts them.
struct EntryId {
  uint64_t millis = 0;
  uint64_t sequence = 0;
  auto operator<=>(const EntryId&) const = default;
  std::string text() const;
};
inline constexpr uint64_t kRecordMillis = 1;
inline constexpr EntryId kBeforeRecords{0, 1};

std::optional<EntryId> parse_entry_id(std::string_view text);

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

// Field and value in turn, as XADD takes them; they view `time_text`, `names` and the record.
struct EncodedEntry {
  std::string time_text;
  std::vector<std::string> names;  // of headers, with their prefix
  std::vector<std::string_view> arguments;
};
EncodedEntry encode_entry(const Headers& headers, std::string_view payload, WallTime written_at);
// kCorruption for what is no record of ours.
Result<SequencedRecord> decode_entry(model::SequencerId sequencer, EntryId id, const Fields& fields);

struct Marker {
  model::Uuid log_id;
  uint32_t sequencers = 0;
  std::string text() const;
  bool operator==(const Marker&) const = default;
};
// kFailedPrecondition for somebody else's key, or a newer version's.
Result<Marker> parse_marker(std::string_view text);

// By how a server is set: why an acknowledged write might not be there later, and the remedy. Empty: it will.
using ServerSettings = std::vector<std::pair<std::string, std::string>>;
std::vector<std::string> durability_problems(const ServerSettings& settings);

}  // namespace magnetite::write_buffer::redis
