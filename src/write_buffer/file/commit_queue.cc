#include "write_buffer/file/commit_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace magnetite::write_buffer {
namespace {

// Enough to keep the disk busy; small enough that nobody waits long for the others of his batch.
constexpr uint64_t kBatchBytesMax = 8 << 20;
constexpr size_t kFreeMax = 2;

class FilePendingAppend final : public PendingAppend {
 public:
  FilePendingAppend(std::shared_ptr<BatchOutcome> batch, StoredAt stored_at)
      : batch_(std::move(batch)), stored_at_(stored_at) {}
  std::optional<Result<StoredAt>> wait_until(MonoTime deadline) override {
    return batch_->wait_until(deadline, stored_at_);
  }

 private:
  const std::shared_ptr<BatchOutcome> batch_;
  const StoredAt stored_at_;
};

}  // namespace

void BatchOutcome::resolve(std::optional<Error> failure) {
  const MutexLock lock(mutex_);
  done_ = true;
  failure_ = std::move(failure);
  resolved_.notify_all();
}

std::optional<Result<StoredAt>> BatchOutcome::wait_until(MonoTime deadline, const StoredAt& stored_at) {
  const MutexLock lock(mutex_);
  while (!done_)
    if (resolved_.wait_until(mutex_, deadline, WaitReason::kLogSync) == WaitOutcome::kDeadline && !done_)
      return std::nullopt;
  if (failure_) return Result<StoredAt>(std::unexpected(*failure_));
  return Result<StoredAt>(stored_at);
}

CommitQueue::CommitQueue(Executor& executor, uint64_t record_bytes_max, uint64_t queue_bytes_max,
                         std::vector<uint64_t> next_numbers)
    : executor_(executor),
      record_bytes_max_(record_bytes_max),
      queue_bytes_max_(queue_bytes_max),
      work_(executor),
      next_numbers_(std::move(next_numbers)) {}

Result<std::shared_ptr<PendingAppend>> CommitQueue::append(model::SequencerId sequencer, const Record& record) {
  const uint64_t bytes = format::record_bytes(record);
  if (bytes > record_bytes_max_)
    return fail(ErrorCode::kTooLarge,
                fmt::format("an entry of {} bytes is above the log's limit of {}", bytes, record_bytes_max_));
  const MutexLock lock(mutex_);
  if (sequencer.value >= next_numbers_.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("the log has no sequencer {}", sequencer.value));
  if (stopping_) return fail(ErrorCode::kShutdown, "the log is closed");
  if (refuses_) return std::unexpected(*problem_);
  if (queued_bytes_ > 0 && queued_bytes_ + bytes > queue_bytes_max_)
    return fail(ErrorCode::kResourceExhausted, "the log's queue is full: the disk is slower than the writers");
  if (batches_.empty() || batches_.back().records.bytes() + bytes > kBatchBytesMax) batches_.push_back(new_batch());
  Batch& batch = batches_.back();
  const StoredAt stored_at{{sequencer, model::SequenceNumber{next_numbers_[sequencer.value]++}},
                           executor_.clock().wall_now()};
  batch.records.add(stored_at, record);
  batch.next_numbers = next_numbers_;
  queued_bytes_ += bytes;
  work_.notify_one();
  return std::make_shared<FilePendingAppend>(batch.outcome, stored_at);
}

void CommitQueue::raise_next_number(size_t sequencer, uint64_t at_least) {
  const MutexLock lock(mutex_);
  if (sequencer < next_numbers_.size()) next_numbers_[sequencer] = std::max(next_numbers_[sequencer], at_least);
}

std::optional<Error> CommitQueue::problem() const {
  const MutexLock lock(mutex_);
  return problem_;
}

void CommitQueue::stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  work_.notify_all();
}

Batch CommitQueue::new_batch() {
  Batch batch;
  if (!free_.empty()) {
    batch.records = std::move(free_.back());
    free_.pop_back();
  }
  batch.outcome = std::make_shared<BatchOutcome>(executor_);
  return batch;
}

CommitQueue::Taken CommitQueue::take(Batch& batch, MonoTime deadline) {
  const MutexLock lock(mutex_);
  while (batches_.empty()) {
    if (stopping_) return Taken::kStopped;
    if (work_.wait_until(mutex_, deadline, WaitReason::kIdle) == WaitOutcome::kDeadline && batches_.empty())
      return Taken::kDeadline;
  }
  batch = std::move(batches_.front());
  batches_.pop_front();
  if (batches_.empty())
    queued_bytes_ = 0;
  else
    queued_bytes_ -= std::min<uint64_t>(queued_bytes_, batch.records.bytes() - format::kBatchHeaderBytes);
  return Taken::kBatch;
}

void CommitQueue::give_back(Batch& batch) {
  Batch done = std::exchange(batch, Batch());
  if (done.records.capacity() > 2 * kBatchBytesMax) return;  // a giant record must not hold its memory for ever
  done.records.clear();
  const MutexLock lock(mutex_);
  if (free_.size() < kFreeMax) free_.push_back(std::move(done.records));
}

void CommitQueue::release_memory() {
  std::vector<format::BatchBuilder> unused;
  const MutexLock lock(mutex_);
  unused.swap(free_);
}

bool CommitQueue::wait_for_stop(MonoTime deadline) {
  const MutexLock lock(mutex_);
  while (!stopping_)
    if (work_.wait_until(mutex_, deadline, WaitReason::kTimer) == WaitOutcome::kDeadline) break;
  return stopping_;
}

void CommitQueue::set_problem(const Error& problem, bool refuses) {
  std::deque<Batch> refused;
  {
    const MutexLock lock(mutex_);
    problem_ = problem;
    refuses_ = refuses;
    if (refuses) {
      refused.swap(batches_);
      queued_bytes_ = 0;
    }
  }
  for (const Batch& batch : refused) batch.outcome->resolve(problem);
}

void CommitQueue::clear_problem() {
  const MutexLock lock(mutex_);
  problem_.reset();
  refuses_ = false;
}

}  // namespace magnetite::write_buffer
