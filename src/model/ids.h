// The words for who and where: servers, databases, sequencers, chunks.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"

namespace magnetite::model {

using ServerId = Id<struct ServerIdTag, uint32_t>;  // never 0
using SequencerId = Id<struct SequencerIdTag, uint32_t>;
using SequenceNumber = Id<struct SequenceNumberTag, uint64_t>;
using ChunkId = Id<struct ChunkIdTag, uint32_t>;        // a name within its partition, not an age
using ChunkOrder = Id<struct ChunkOrderTag, uint64_t>;  // write order within its partition; the later one wins
using ColumnId = Id<struct ColumnIdTag, uint32_t>;      // position in the table's column list; never reused

// 128 random bits, version 4.
struct Uuid {
  std::array<uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
  static Uuid random();
  static Result<Uuid> parse(std::string_view text);  // 8-4-4-4-12 hex digits
  std::string text() const;
};

// One place in one ordered log.
struct Sequence {
  SequencerId sequencer;
  SequenceNumber number;
  auto operator<=>(const Sequence&) const = default;
};

// 1 to 64 bytes, no control characters, not "." or "..".
Result<> check_database_name(std::string_view name);

struct ChunkAddress {
  std::string database;
  std::string table;
  std::string partition_key;
  ChunkId chunk;
  std::string text() const;  // Chunk('db':'table':'part':7)
};

}  // namespace magnetite::model
