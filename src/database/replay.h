// Reads a log again at start: seeks where the checkpoints say, passes over what is persisted, applies the rest in
// order.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/executor.h"
#include "base/result.h"
#include "database/table_set.h"
#include "entry/partition_key.h"
#include "entry/routed_write.h"
#include "persistence/replay_plan.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::database {

struct ReplayCounters {
  std::atomic<uint64_t> bytes = 0;            // of line protocol
  std::atomic<uint64_t> records = 0;          // read, of about
  std::atomic<uint64_t> records_total = 0;    // so many
  std::atomic<uint64_t> records_skipped = 0;  // undecodable ones, logged with their sequence
};

struct ReplayTarget {
  Executor& executor;
  const std::string& database;
  model::Uuid uuid;
  TableSet& tables;
  AnnouncedColumns& announced;
  const entry::PartitionKeyMaker& partition_keys;
  ReplayCounters& counters;
  std::function<void(const entry::ParsedBody&, const entry::RoutedWrite&, const entry::PartitionWrite&,
                     const write_buffer::StoredAt&)>
      apply;  // called in order per sequencer, from one task each
};

// Everything that is in the log: nobody writes it yet. Sequencers in parallel. Errors: kShutdown when `stop` ends it;
// kCorruption when the log no longer has what the plan needs.
Result<> replay(write_buffer::Reader& reader, const persistence::ReplayPlan& plan, const ReplayTarget& target,
                const std::atomic<bool>& stop);

}  // namespace magnetite::database
