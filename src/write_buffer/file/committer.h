// Writes what is queued to the chain of segments. One task runs it.
//
//   writing --a write or sync fails--> the segment is abandoned --a new one seals it--> writing
//   abandoned --no new segment can be made--> broken: appends are refused, tried again --> writing
//   writing --no space for the next segment--> full: what still fits is written, tried again --> writing
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/executor.h"
#include "write_buffer/file/commit_queue.h"
#include "write_buffer/file/log_tail.h"
#include "write_buffer/file/recovery.h"
#include "write_buffer/file/segment_supply.h"
#include "write_buffer/sync_mode.h"

namespace magnetite::write_buffer {

struct CommitterOptions {
  std::string folder;
  SyncMode sync;
  uint64_t segment_bytes = 0;
  model::Uuid log_id;
};

// What it is given outlives it.
class Committer {
 public:
  Committer(Disk& disk, Executor& executor, CommitterOptions options, LogTail& tail, CommitQueue& queue,
            SegmentSupply& supply);

  // Takes up where recovery ended: makes the first segment, goes on in the last one, or seals that by a new one which
  // gets a copy of what may never have been synced.
  Result<> begin(const RecoveredLog& recovered);
  void run();  // until the queue is stopped and empty

 private:
  // The segment being written.
  struct Active {
    std::unique_ptr<File> file;  // closed while idle
    uint64_t number = 0;
    uint64_t bytes = 0;
    uint64_t seed = 0;
    uint64_t end = 0;           // next batch goes here
    uint64_t synced = 0;        // data below is durable
    uint64_t recorded = 0;      // highest synced offset that a durable batch or the seal names
    uint64_t records_end = 0;   // of the last batch with records
    bool is_abandoned = false;  // never written again
  };
  struct Trouble {  // tried again, ever later
    uint64_t needed_bytes = 0;
    MonoTime retry_at;
    Duration delay{};
    Error error;
  };

  bool syncs_each_batch() const { return options_.sync.kind == SyncMode::Kind::kCommit; }
  // What was synced last is not yet said to be by a later batch.
  bool must_record() const { return active_.recorded < active_.records_end && active_.synced >= active_.records_end; }
  std::string active_path() const;
  MonoTime now() const { return executor_.clock().mono_now(); }

  void commit(Batch& batch);
  Result<> make_room(uint64_t bytes);
  Result<> open_active();
  Result<> write_batch(std::span<const std::byte> bytes);
  Result<> sync_active();
  Result<> record_synced_offset();
  enum class Failed : uint8_t { kWrite, kSync };
  bool abandon_active(const Error& cause, Failed failed);

  // The active segment ends at its `end`, a new one with room for a batch of `bytes` takes over. While this fails
  // before the new one may have its name, the active one stays writable.
  Result<> roll(uint64_t bytes, const RecoveredTail* copied = nullptr);
  Result<uint64_t> write_segment(const std::string& path, const format::SegmentHeader& header,
                                 const RecoveredTail* copied);
  Result<uint64_t> copy_batches(File& target, uint64_t segment, uint64_t from, uint64_t to);
  uint64_t next_segment_bytes() const;

  MonoTime next_task_due() const;
  void do_due_tasks();
  void retry();
  void note_trouble(uint64_t needed_bytes, const Error& error);
  void finish();

  Disk& disk_;
  Executor& executor_;
  const CommitterOptions options_;
  LogTail& tail_;
  CommitQueue& queue_;
  SegmentSupply& supply_;

  Active active_;
  std::vector<uint64_t> published_numbers_;  // by sequencer: above the last record that counts
  std::vector<uint64_t> given_numbers_;      // above every record ever tried
  MonoTime last_write_{};
  MonoTime unsynced_since_{};
  std::optional<Trouble> trouble_;  // with an abandoned segment: broken; else: full
};

}  // namespace magnetite::write_buffer
