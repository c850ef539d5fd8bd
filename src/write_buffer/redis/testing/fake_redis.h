// A server on loopback that does what a writer needs and can be made to fail: for what a real one shows too rarely.
// Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "write_buffer/connection.h"

namespace magnetite::write_buffer::testing {

class FakeRedis {
 public:
  using Command = std::vector<std::string>;
  // The reply as it is sent. "": none; nullopt: the connection is closed.
  using Handler = std::function<std::optional<std::string>(const Command&)>;

  FakeRedis();
  ~FakeRedis();
  FakeRedis(const FakeRedis&) = delete;
  FakeRedis& operator=(const FakeRedis&) = delete;

  RedisConnection connection() const;
  // Instead of what it does by itself; an empty handler restores that.
  void answer(const std::string& command, Handler handler);
  void freeze() { is_frozen_ = true; }  // until stop() nothing more is read
  bool holds_unread_bytes();
  void set(const std::string& setting, const std::string& value);
  void stop();   // all connections are lost, new ones refused
  void start();  // on the same port, with the same content
  std::vector<Command> seen();

  static std::string bulk(std::string_view text);
  static std::string array(const std::vector<std::string>& replies);
  static std::string error(std::string_view text) { return "-" + std::string(text) + "\r\n"; }
  static std::string integer(uint64_t value) { return ":" + std::to_string(value) + "\r\n"; }
  static constexpr std::string_view kNil = "$-1\r\n";
  static constexpr std::string_view kOk = "+OK\r\n";

 private:
  void accept_all(int listener);
  void serve(int socket, uint64_t id);
  bool is_answered(const std::string& command);
  std::optional<std::string> exec(const std::vector<Command>& commands, uint64_t connection_id);
  std::optional<std::string> reply_to(const Command& command, uint64_t connection_id);
  std::string built_in(const Command& command, uint64_t connection_id);

  std::mutex mutex_;  // of all below, but for what is atomic
  std::map<std::string, Handler> handlers_;
  std::map<std::string, std::string> settings_ = {{"appendonly", "yes"},
                                                  {"appendfsync", "always"},
                                                  {"no-appendfsync-on-rewrite", "no"},
                                                  {"maxmemory", "0"},
                                                  {"maxmemory-policy", "noeviction"}};
  std::map<std::string, std::string> values_;
  std::map<std::string, uint64_t> streams_;  // how many records each got
  std::vector<Command> seen_;
  std::vector<int> sockets_;
  std::vector<std::jthread> threads_;

  std::atomic<bool> is_frozen_ = false;
  uint16_t port_ = 0;
  int listener_ = -1;
  std::jthread acceptor_;
};

}  // namespace magnetite::write_buffer::testing
