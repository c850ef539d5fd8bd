// One sequencer's place in the log, and what was read ahead; outlives the streams that use it. Internal to redis/.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "write_buffer/redis/client.h"
#include "write_buffer/redis/position.h"
#include "write_buffer/redis/redis_log.h"
#include "write_buffer/redis/stored_log.h"

namespace magnetite::write_buffer::redis {

// What all cursors of a reader know.
struct ReaderContext {
  const Client::Settings client;  // its connection's stream names the log
  Executor& executor;
  const RedisLimits limits;
  const Marker marker;
  std::atomic<size_t> streams_alive = 0;
  std::atomic<uint64_t> error_items = 0;
};

// Not thread-safe, except problem().
class Cursor {
 public:
  Cursor(ReaderContext& context, uint32_t sequencer);

  // As Stream has them. An answer takes up to the request timeout beyond the deadline.
  Result<std::optional<SequencedRecord>> next(MonoTime deadline) EXCLUDES(mutex_);
  uint64_t position() const { return next_ < batch_.size() ? delivered_ : fetched_.next_number(); }
  void seek(uint64_t number) EXCLUDES(mutex_);

  std::string problem() const EXCLUDES(mutex_);

 private:
  Result<SequencedRecord> deliver();
  Result<> connect(MonoTime deadline);
  Result<> look();
  Result<> wait_for_entries(MonoTime deadline);
  Result<> take(Reply reply, std::vector<StreamEntry> entries);
  void react(const Error& error) EXCLUDES(mutex_);
  void fail_connection(const Error& error) EXCLUDES(mutex_);
  void set_problem(std::string problem) EXCLUDES(mutex_);
  MonoTime now() const { return context_.executor.clock().mono_now(); }

  ReaderContext& context_;
  const model::SequencerId sequencer_;
  const std::string key_;

  std::unique_ptr<Client> client_;
  std::optional<Error> last_failure_;  // why there is no client; tried again at retry_at_
  MonoTime retry_at_;
  Duration back_off_;

  Position fetched_;
  uint64_t delivered_ = 0;
  Reply reply_;                     // whose texts batch_ views
  std::vector<StreamEntry> batch_;  // read ahead
  size_t next_ = 0;                 // of batch_
  uint64_t count_ = 1;              // entries to ask for
  bool look_is_due_ = true;         // are the entries that come all there are?
  std::optional<Error> lost_;       // until a seek
  std::optional<Error> gone_;       // for ever

  mutable Mutex mutex_;
  std::string problem_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::write_buffer::redis
