// One connection to a server. Waits end at a deadline, or when its owner is told to stop. After an error, other than an
// error reply, it is of no more use. Internal to redis/. Not thread-safe.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "write_buffer/connection.h"
#include "write_buffer/redis/replies.h"
#include "write_buffer/redis/wake_up.h"

namespace magnetite::write_buffer::redis {

class Client {
 public:
  struct Settings {
    Clock* clock = nullptr;
    RedisConnection connection;
    Duration request_timeout{};
    const WakeUp* stop = nullptr;  // while it is notified, waits end with kShutdown
  };
  // Connected, authenticated, in its database. Errors: kUnavailable, kFailedPrecondition (refused).
  static Result<std::unique_ptr<Client>> connect(const Settings& settings);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  using Arguments = std::span<const std::string_view>;

  // Pipelines: as many replies as commands, in their order; error replies are replies.
  void queue(Arguments arguments);
  void queue(std::initializer_list<std::string_view> arguments) {
    queue(Arguments(arguments.begin(), arguments.size()));
  }
  uint64_t queued_bytes() const { return sent_bytes_ + unsent_bytes(); }  // ever
  uint64_t sent_bytes() const { return sent_bytes_; }                     // ever; the server may have them
  uint64_t unsent_bytes() const { return out_.size() - out_begin_; }
  Result<> send_some();  // as much as goes without waiting
  // A reply that came already. kTooLarge where `bytes_max` more bytes hold none.
  Result<std::optional<Reply>> try_receive(uint64_t bytes_max = UINT64_MAX);
  // Until one of both can go on, or `wake` is notified.
  Result<> wait(MonoTime deadline, const WakeUp* wake = nullptr);
  // The next reply. kUnavailable at the deadline; kTooLarge above `bytes_max`.
  Result<Reply> receive(MonoTime deadline, uint64_t bytes_max = UINT64_MAX);

  // One command and its reply, within the request timeout; an error reply is an error.
  Result<Reply> call(Arguments arguments);
  Result<Reply> call(std::initializer_list<std::string_view> arguments) {
    return call(Arguments(arguments.begin(), arguments.size()));
  }

  MonoTime request_deadline() const { return settings_.clock->mono_now() + settings_.request_timeout; }
  // By it a later connection can end this one.
  const ClientIdentity& identity() const { return identity_; }

 private:
  explicit Client(const Settings& settings);
  Result<> open(MonoTime deadline);
  Result<> introduce();
  Error broken(std::string_view why) const;

  const Settings settings_;
  const std::unique_ptr<redisReader, Deleter<redisReaderFree>> reader_;
  int socket_ = -1;
  std::string out_;
  size_t out_begin_ = 0;
  uint64_t sent_bytes_ = 0;
  uint64_t reply_bytes_ = 0;  // of the reply that is on its way
  ClientIdentity identity_;
};

}  // namespace magnetite::write_buffer::redis
