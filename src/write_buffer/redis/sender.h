// Keeps a connection, sends appends in their order as a pipeline, and settles them as the answers come. What waits
// together goes as one transaction: the server syncs it once, and looks at the marker with it, so that nothing is
// acknowledged into a log that is gone. Internal to redis/.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "write_buffer/redis/append_queue.h"
#include "write_buffer/redis/client.h"
#include "write_buffer/redis/redis_log.h"
#include "write_buffer/redis/stored_log.h"

namespace magnetite::write_buffer::redis {

// A request to trim, which its caller waits for.
class Trim {
 public:
  Trim(Executor& executor, uint32_t sequencer_given, uint64_t first_needed_given)
      : sequencer(sequencer_given), first_needed(first_needed_given), settled_(executor) {}
  std::optional<Result<>> wait_until(MonoTime deadline) EXCLUDES(mutex_);
  void settle(Result<> outcome) EXCLUDES(mutex_);

  const uint32_t sequencer;
  const uint64_t first_needed;

 private:
  Mutex mutex_;
  Signal settled_;
  std::optional<Result<>> outcome_ GUARDED_BY(mutex_);
};

class Sender {
 public:
  struct Settings {
    RedisConnection connection;  // its stream names the log
    RedisLimits limits;
  };
  Sender(Executor& executor, Settings settings);

  // The first connection, which makes the log where it may. Errors as open_redis_writer().
  Result<> open();
  // Until stop(); the body of a task. What is not settled then, will be at its end.
  void run();
  void stop() { stop_.notify(); }

  const Marker& marker() const { return marker_; }  // after open()
  AppendQueue& queue() { return queue_; }
  const AppendQueue& queue() const { return queue_; }
  void request(std::shared_ptr<Trim> trim) EXCLUDES(mutex_);
  std::string problem() const EXCLUDES(mutex_);  // why nothing is sent, or what was reported of the settings

 private:
  // What replies will be to. Appends are a transaction; neither appends nor a trim: a look at the marker.
  struct Sent {
    std::vector<std::shared_ptr<Append>> appends = {};
    std::shared_ptr<Trim> trim = {};
    uint64_t end = 0;                 // of its commands, in bytes of the connection
    size_t replies_seen = 0;          // of a transaction, before the last one
    std::optional<Error> error = {};  // the first of those
  };

  Result<> check_server(Client& client) EXCLUDES(mutex_);
  Error went_back(uint32_t sequencer, uint64_t number) const;
  Result<> establish(std::unique_ptr<Client> client);
  void reconnect();
  Result<> exchange();
  void send_waiting();
  void send_appends();
  void send_trims();
  void send_look();
  Result<> handle(const redisReply& reply);
  Result<> handle_transaction(const redisReply& reply, const Sent& sent);
  Result<> handle_append(const redisReply& reply, bool is_same_log, Append& append);
  Result<> handle_trim(const redisReply& reply, const std::shared_ptr<Trim>& trim);
  Result<> handle_look(const redisReply& reply);
  Error gone();
  void disconnect(const Error& error);
  void set_problem(std::string problem) EXCLUDES(mutex_);
  std::shared_ptr<Trim> take_trim() EXCLUDES(mutex_);
  MonoTime now() { return executor_.clock().mono_now(); }

  Executor& executor_;
  const Settings settings_;
  WakeUp stop_;
  WakeUp wake_;
  AppendQueue queue_;
  Marker marker_;
  std::vector<std::string> keys_;  // by sequencer

  mutable Mutex mutex_;
  std::deque<std::shared_ptr<Trim>> trims_ GUARDED_BY(mutex_);
  std::string problem_ GUARDED_BY(mutex_);
  std::string reported_ GUARDED_BY(mutex_);  // settings that may lose writes, where that is allowed

  // Of open() and then the task.
  std::unique_ptr<Client> client_;
  std::deque<Sent> sent_;
  std::vector<uint64_t> next_numbers_;       // by sequencer, at least
  std::vector<ClientIdentity> old_clients_;  // that may still have appends of ours on their way
  MonoTime last_progress_;
  MonoTime retry_at_;
  Duration back_off_{};
  bool append_failed_ = false;  // the last one
  bool gone_ = false;           // the log is another: for ever
};

}  // namespace magnetite::write_buffer::redis
