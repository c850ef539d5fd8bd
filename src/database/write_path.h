// A body of line protocol on its way into the log and the open chunks: parsed, routed, sequenced, applied.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/result.h"
#include "database/lane.h"
#include "database/record_player.h"
#include "database/write.h"

namespace magnetite::database {

struct IngestCounters {
  std::atomic<uint64_t> lines_accepted = 0;
  std::atomic<uint64_t> lines_rejected = 0;
  std::atomic<uint64_t> fields_accepted = 0;
  std::atomic<uint64_t> body_bytes = 0;         // of bodies of which nothing or something was stored
  std::atomic<uint64_t> body_bytes_failed = 0;  // of bodies that ended in an error
  std::atomic<uint64_t> entry_bytes = 0;        // in the log
  std::atomic<uint64_t> entry_bytes_failed = 0;
};

// Thread-safe.
class WritePath {
 public:
  enum class After : uint8_t { kApply, kForget };  // kForget: others read the log

  // `parts`, `writer` and its sequencers' `gates` outlive it.
  WritePath(Executor& executor, const PlayerParts& parts, write_buffer::Writer& writer,
            const std::vector<Mutex*>& gates);

  // Durable when it returns, and visible unless it is forgotten.
  Result<WriteReport> write(WriteInput input, After after);
  const IngestCounters& counters() const { return counters_; }

 private:
  struct Prepared;
  struct Entry;

  Result<WriteReport> write_counted(WriteInput input, After after);
  Result<std::shared_ptr<Prepared>> prepare(WriteInput input) const;
  void make_entries(Prepared& prepared, uint32_t lane) const;
  Result<> sequence(const std::shared_ptr<Prepared>& prepared, After after);

  Executor& executor_;
  const PlayerParts& parts_;
  write_buffer::Writer& writer_;
  const model::Uuid writer_id_ = model::Uuid::random();
  std::vector<std::unique_ptr<Lane>> lanes_;  // by position in the log's sequencer_ids()
  IngestCounters counters_;
};

}  // namespace magnetite::database
