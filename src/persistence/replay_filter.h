// Which rows of an entry a partition still needs when the log is read again. May stay in use after replay: beyond the
// numbers of a checkpoint it lets everything through.
#pragma once

#include <cstdint>
#include <variant>

#include "model/ids.h"
#include "persistence/checkpoint.h"

namespace magnetite::persistence {

struct ApplyAll {
  bool operator==(const ApplyAll&) const = default;
};
struct ApplyRowsAfter {
  int64_t time;  // of rows, nanoseconds; rows at this time are persisted
  bool operator==(const ApplyRowsAfter&) const = default;
};
struct SkipAll {
  bool operator==(const SkipAll&) const = default;
};
using ReplayDecision = std::variant<ApplyAll, ApplyRowsAfter, SkipAll>;

// `last` is the partition's last checkpoint; nullptr when nothing of it is persisted. In doubt rows are applied: a row
// applied twice is the same row, a row skipped wrongly is lost.
ReplayDecision replay_decision(const PartitionCheckpoint* last, model::Sequence sequence);

}  // namespace magnetite::persistence
