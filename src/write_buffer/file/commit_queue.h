// Where writers leave their records for the committer. No I/O happens under its lock.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "write_buffer/file/segment_format.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer {

// What became of all appends of one batch. Thread-safe.
class BatchOutcome {
 public:
  explicit BatchOutcome(Executor& executor) : resolved_(executor) {}
  void resolve(std::optional<Error> failure) EXCLUDES(mutex_);
  std::optional<Result<StoredAt>> wait_until(MonoTime deadline, const StoredAt& stored_at) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  Signal resolved_;
  bool done_ GUARDED_BY(mutex_) = false;
  std::optional<Error> failure_ GUARDED_BY(mutex_);
};

// Records that are written and synced together.
struct Batch {
  format::BatchBuilder records;
  std::shared_ptr<BatchOutcome> outcome;
  std::vector<uint64_t> next_numbers;  // by sequencer, after the last record
};

// Thread-safe; the second half is the committer's.
class CommitQueue {
 public:
  CommitQueue(Executor& executor, uint64_t record_bytes_max, uint64_t queue_bytes_max,
              std::vector<uint64_t> next_numbers);

  Result<std::shared_ptr<PendingAppend>> append(model::SequencerId sequencer, const Record& record) EXCLUDES(mutex_);
  void raise_next_number(size_t sequencer, uint64_t at_least) EXCLUDES(mutex_);
  std::optional<Error> problem() const EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);  // refuses appends; what is queued is still taken

  enum class Taken : uint8_t { kBatch, kDeadline, kStopped };
  Taken take(Batch& batch, MonoTime deadline) EXCLUDES(mutex_);
  void give_back(Batch& batch) EXCLUDES(mutex_);  // its memory is used again
  void release_memory() EXCLUDES(mutex_);
  // True when stopped before the deadline.
  bool wait_for_stop(MonoTime deadline) EXCLUDES(mutex_);

  // Shown until solved. `refuses`: appends fail with it, and so does what is queued.
  void set_problem(const Error& problem, bool refuses) EXCLUDES(mutex_);
  void clear_problem() EXCLUDES(mutex_);

 private:
  Batch new_batch() REQUIRES(mutex_);

  Executor& executor_;
  const uint64_t record_bytes_max_;
  const uint64_t queue_bytes_max_;

  mutable Mutex mutex_;
  Signal work_;
  std::deque<Batch> batches_ GUARDED_BY(mutex_);
  std::vector<format::BatchBuilder> free_ GUARDED_BY(mutex_);
  uint64_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  std::vector<uint64_t> next_numbers_ GUARDED_BY(mutex_);
  std::optional<Error> problem_ GUARDED_BY(mutex_);
  bool refuses_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace magnetite::write_buffer
