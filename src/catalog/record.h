// The objects of the catalog as bytes: transactions and checkpoints (the full state). Pure.
// Layout: docs/formats/catalog.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/state.h"
#include "catalog/transaction.h"

namespace magnetite::catalog {

enum class RecordKind : uint8_t { kTransaction = 1, kCheckpoint = 2 };

struct RecordHeader {
  RecordKind kind = RecordKind::kTransaction;
  uint64_t revision = 0;
  WallTime written_at;  // for people; decides nothing
  model::Uuid database;
  model::Uuid writer;       // which process wrote it
  model::Uuid transaction;  // of this revision
  model::Uuid previous;     // of the revision before; zero for the first, and unused in a checkpoint
  bool operator==(const RecordHeader&) const = default;
};

std::vector<std::byte> encode(const RecordHeader& header, const Transaction& transaction);
// Revision, database and transaction of the header are the state's own.
std::vector<std::byte> encode(const RecordHeader& header, const State& state);

// Each checks the checksum of the whole first. kCorruption, or kFailedPrecondition for a version that this program does
// not know.
Result<RecordHeader> decode_header(std::span<const std::byte> bytes);
// kCorruption also for a record of the other kind.
Result<Transaction> decode_transaction(std::span<const std::byte> bytes);
Result<std::shared_ptr<const State>> decode_checkpoint(std::span<const std::byte> bytes);

// What an action takes in a record.
size_t encoded_bytes(const Action& action);

}  // namespace magnetite::catalog
