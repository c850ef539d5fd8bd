// A record of a log becomes rows: decoded, parsed, routed, applied. At a start and while a log is read, the same way.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "database/table_set.h"
#include "entry/partition_key.h"
#include "entry/routed_write.h"
#include "model/ids.h"
#include "model/limits.h"
#include "persistence/replay_plan.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::database {

// Routes until the tables agree with the columns it wishes for; not at all where a line is bad and none may be.
Result<entry::RoutedWrite> route_and_agree(const entry::ParsedBody& body, const entry::PartitionKeyMaker& maker,
                                           const entry::RouteOptions& options, bool accept_partial, TableSet& tables);

enum class RecordSource : uint8_t {
  kOwn,      // written by this database; its records say the ids of their columns
  kAnybody,  // line protocol; other headers are for people
};

// Outlive the players.
struct PlayerParts {
  const std::string& database;
  model::Uuid uuid;
  TableSet& tables;
  AnnouncedColumns& announced;
  const entry::PartitionKeyMaker& partition_keys;
  model::Limits limits;  // for records of anybody; one's own were checked when they were written
  RecordSource source = RecordSource::kOwn;
  uint32_t sequencers = 1;
  // In order per sequencer, and never for two partitions of one record at a time.
  std::function<void(const entry::ParsedBody&, const entry::RoutedWrite&, const entry::PartitionWrite&,
                     const write_buffer::StoredAt&)>
      apply;
};

// One sequencer's. Not thread-safe; players of different sequencers may be used in parallel.
class RecordPlayer {
 public:
  struct Prepared {
    entry::ParsedBody body;
    entry::RoutedWrite routed;
    write_buffer::StoredAt stored_at;
  };

  // `position` is the sequencer's among those the log had when it was opened.
  RecordPlayer(const PlayerParts& parts, size_t position) : parts_(parts), position_(position) {}

  // kCorruption where the record as a whole makes no sense. Valid until the next call, which uses its memory again.
  Result<const Prepared*> prepare(write_buffer::SequencedRecord record);
  // What the plan does not know as persisted.
  void apply(const Prepared& record, const persistence::ReplayPlan& plan) const;
  // The payload's memory, when the record is done with.
  std::string take_text() { return std::exchange(prepared_.body.text, {}); }
  // kCorruption where lines were left out, saying which was the first.
  static Result<> left_out(const Prepared& record);

 private:
  Result<> prepare_own(write_buffer::SequencedRecord record);
  Result<> prepare_foreign(write_buffer::SequencedRecord record);
  void parse(write_buffer::SequencedRecord record, const line_protocol::ParseOptions& parsing);
  Result<> route_record(const entry::RouteOptions& options);

  const PlayerParts& parts_;
  const size_t position_;
  Prepared prepared_;
};

}  // namespace magnetite::database
