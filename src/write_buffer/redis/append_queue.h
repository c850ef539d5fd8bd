// Appends that wait for their turn, and how many bytes wait for an answer. Internal to redis/.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "base/executor.h"
#include "base/mutex.h"
#include "write_buffer/redis/wake_up.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer::redis {

// One append. Constant, but for the outcome.
class Append final : public PendingAppend {
 public:
  Append(Executor& executor, model::SequencerId sequencer_given, const Record& record, uint64_t bytes_taken,
         WallTime written, MonoTime expires)
      : sequencer(sequencer_given),
        headers(record.headers),
        payload(record.payload),
        bytes(bytes_taken),
        written_at(written),
        expires_at(expires),
        settled_(executor) {}
  std::optional<Result<StoredAt>> wait_until(MonoTime deadline) override EXCLUDES(mutex_);

  const model::SequencerId sequencer;
  const Headers headers;
  const std::string_view payload;
  const uint64_t bytes;
  const WallTime written_at;
  const MonoTime expires_at;  // surely not stored if it was not sent by then

 private:
  friend class AppendQueue;
  void settle(Result<StoredAt> outcome) EXCLUDES(mutex_);

  Mutex mutex_;
  Signal settled_;
  std::optional<Result<StoredAt>> outcome_ GUARDED_BY(mutex_);
};

// Thread-safe. Whatever was pushed is settled once: by the one who took it, by expire(), or by refuse().
class AppendQueue {
 public:
  // `pushed` is notified when something is there to take.
  AppendQueue(Executor& executor, uint64_t bytes_max, WakeUp& pushed)
      : executor_(executor), bytes_max_(bytes_max), pushed_(pushed) {}

  // Errors: kResourceExhausted, and what refuse() said; then nothing was taken.
  Result<std::shared_ptr<PendingAppend>> push(model::SequencerId sequencer, const Record& record, uint64_t bytes,
                                              Duration expires_after) EXCLUDES(mutex_);
  std::optional<Error> refusal() const EXCLUDES(mutex_);

  // For the one who sends.
  std::shared_ptr<Append> take() EXCLUDES(mutex_);                            // nullptr: nothing waits
  void put_back(std::deque<std::shared_ptr<Append>> taken) EXCLUDES(mutex_);  // in front, in order
  void settle(Append& append, Result<StoredAt> outcome) EXCLUDES(mutex_);
  void expire(const Error& error) EXCLUDES(mutex_);  // those whose time is over
  MonoTime first_expiry() const EXCLUDES(mutex_);
  // From now on appends are refused, and those that wait with them, until accept().
  void refuse(const Error& error) EXCLUDES(mutex_);
  void accept() EXCLUDES(mutex_);

 private:
  Executor& executor_;
  const uint64_t bytes_max_;
  WakeUp& pushed_;
  mutable Mutex mutex_;
  std::deque<std::shared_ptr<Append>> waiting_ GUARDED_BY(mutex_);
  uint64_t bytes_ GUARDED_BY(mutex_) = 0;  // not settled yet
  std::optional<Error> refusal_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::write_buffer::redis
