#include "write_buffer/redis/append_queue.h"

#include <fmt/format.h>

#include <utility>

namespace magnetite::write_buffer::redis {

std::optional<Result<StoredAt>> Append::wait_until(MonoTime deadline) {
  const MutexLock lock(mutex_);
  while (!outcome_)
    if (settled_.wait_until(mutex_, deadline, WaitReason::kLogSync) == WaitOutcome::kDeadline) break;
  return outcome_;
}

void Append::settle(Result<StoredAt> outcome) {
  const MutexLock lock(mutex_);
  outcome_ = std::move(outcome);
  settled_.notify_all();
}

Result<std::shared_ptr<PendingAppend>> AppendQueue::push(model::SequencerId sequencer, const Record& record,
                                                         uint64_t bytes, Duration expires_after) {
  std::shared_ptr<Append> append;
  bool is_first = false;
  {
    const MutexLock lock(mutex_);
    if (refusal_) return std::unexpected(*refusal_);
    if (bytes_ > 0 && bytes_ + bytes > bytes_max_)
      return fail(ErrorCode::kResourceExhausted,
                  fmt::format("redis: {} bytes wait for the server already, the limit is {}", bytes_, bytes_max_));
    append = std::make_shared<Append>(executor_, sequencer, record, bytes, executor_.clock().wall_now(),
                                      executor_.clock().mono_now() + expires_after);
    bytes_ += bytes;
    is_first = waiting_.empty();
    waiting_.push_back(append);
  }
  if (is_first) pushed_.notify();
  return append;
}

std::optional<Error> AppendQueue::refusal() const {
  const MutexLock lock(mutex_);
  return refusal_;
}

std::shared_ptr<Append> AppendQueue::take() {
  const MutexLock lock(mutex_);
  if (waiting_.empty()) return nullptr;
  auto first = std::move(waiting_.front());
  waiting_.pop_front();
  return first;
}

void AppendQueue::put_back(std::deque<std::shared_ptr<Append>> taken) {
  const MutexLock lock(mutex_);
  for (; !taken.empty(); taken.pop_back()) waiting_.push_front(std::move(taken.back()));
}

void AppendQueue::settle(Append& append, Result<StoredAt> outcome) {
  {
    const MutexLock lock(mutex_);
    bytes_ -= append.bytes;
  }
  append.settle(std::move(outcome));
}

MonoTime AppendQueue::first_expiry() const {
  const MutexLock lock(mutex_);
  return waiting_.empty() ? kNever : waiting_.front()->expires_at;
}

void AppendQueue::expire(const Error& error) {
  const MonoTime now = executor_.clock().mono_now();
  while (first_expiry() <= now)
    if (const auto append = take()) settle(*append, std::unexpected(error));
}

void AppendQueue::refuse(const Error& error) {
  {
    const MutexLock lock(mutex_);
    refusal_ = error;
  }
  while (const auto append = take()) settle(*append, std::unexpected(error));
}

void AppendQueue::accept() {
  const MutexLock lock(mutex_);
  refusal_.reset();
}

}  // namespace magnetite::write_buffer::redis
