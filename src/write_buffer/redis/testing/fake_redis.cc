#include "write_buffer/redis/testing/fake_redis.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace magnetite::write_buffer::testing {
namespace {

// What is readable of `socket`; false when it is lost.
bool feed(int socket, redisReader& reader) {
  std::array<char, 65536> bytes;
  const ssize_t size = ::recv(socket, bytes.data(), bytes.size(), 0);
  return size > 0 && redisReaderFeed(&reader, bytes.data(), static_cast<size_t>(size)) == REDIS_OK;
}

std::vector<std::string> take_command(redisReply* reply) {
  std::vector<std::string> command;
  for (size_t i = 0; i < reply->elements; ++i) command.emplace_back(reply->element[i]->str, reply->element[i]->len);
  freeReplyObject(reply);
  return command;
}

}  // namespace

FakeRedis::FakeRedis() { start(); }
FakeRedis::~FakeRedis() { stop(); }

RedisConnection FakeRedis::connection() const {
  return {.server = {"127.0.0.1", port_}, .stream = "log", .n_sequencers = 1};
}

void FakeRedis::answer(const std::string& command, Handler handler) {
  const std::lock_guard lock(mutex_);
  handlers_[command] = std::move(handler);
}

void FakeRedis::set(const std::string& setting, const std::string& value) {
  const std::lock_guard lock(mutex_);
  settings_[setting] = value;
}

bool FakeRedis::holds_unread_bytes() {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(sockets_, [](int socket) {
    int bytes = 0;
    return ioctl(socket, FIONREAD, &bytes) == 0 && bytes > 0;
  });
}

std::vector<FakeRedis::Command> FakeRedis::seen() {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void FakeRedis::start() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener_, 16), 0);
  ASSERT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(listener_); });
}

void FakeRedis::stop() {
  if (listener_ < 0) return;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  listener_ = -1;
  std::vector<std::jthread> threads;
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    threads = std::move(threads_);
  }
  is_frozen_ = false;
  threads.clear();  // joins
  const std::lock_guard lock(mutex_);
  for (const int socket : sockets_) ::close(socket);
  sockets_.clear();
}

void FakeRedis::accept_all(int listener) {
  while (true) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket, id = sockets_.size()] { serve(socket, id); });
  }
}

void FakeRedis::serve(int socket, uint64_t id) {
  const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(), redisReaderFree);
  std::optional<std::vector<Command>> transaction;
  while (true) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader.get(), &reply) != REDIS_OK) break;
    if (reply == nullptr) {
      pollfd waited{socket, static_cast<short>(is_frozen_ ? 0 : POLLIN), 0};
      constexpr int kLookForFreezingMillis = 20;
      if (poll(&waited, 1, kLookForFreezingMillis) > 0 && (is_frozen_ || !feed(socket, *reader))) break;
      continue;
    }
    const Command command = take_command(static_cast<redisReply*>(reply));
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(command);
    }
    std::optional<std::string> answer;
    if (command[0] == "MULTI") {
      transaction.emplace();
      answer = kOk;
    } else if (command[0] == "EXEC") {
      const std::vector<Command> commands = *std::exchange(transaction, std::nullopt);
      answer = is_answered("EXEC") ? reply_to(command, id) : exec(commands, id);
    } else if (transaction) {
      transaction->push_back(command);
      answer = "+QUEUED\r\n";
    } else {
      answer = reply_to(command, id);
    }
    if (!answer) break;
    if (::send(socket, answer->data(), answer->size(), MSG_NOSIGNAL) < 0) break;
  }
  ::shutdown(socket, SHUT_RDWR);
}

bool FakeRedis::is_answered(const std::string& command) {
  const std::lock_guard lock(mutex_);
  return handlers_[command] != nullptr;
}

std::optional<std::string> FakeRedis::exec(const std::vector<Command>& commands, uint64_t connection_id) {
  std::vector<std::string> replies;
  for (const Command& command : commands) {
    const std::optional<std::string> reply = reply_to(command, connection_id);
    if (!reply || reply->empty()) return reply;
    replies.push_back(*reply);
  }
  return array(replies);
}

std::optional<std::string> FakeRedis::reply_to(const Command& command, uint64_t connection_id) {
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = handlers_.find(command[0]); found != handlers_.end()) handler = found->second;
  }
  return handler ? handler(command) : std::optional(built_in(command, connection_id));
}

std::string FakeRedis::built_in(const Command& command, uint64_t connection_id) {
  const std::lock_guard lock(mutex_);
  const std::string& name = command[0];
  if (name == "CLIENT" && command[1] == "INFO")
    return bulk("id=" + std::to_string(connection_id) + " addr=127.0.0.1:" + std::to_string(connection_id) + " name=");
  if (name == "CONFIG") return array({bulk(command[2]), bulk(settings_[command[2]])});
  if (name == "GET") return values_.contains(command[1]) ? bulk(values_[command[1]]) : std::string(kNil);
  if (name == "SET") {
    values_[command[1]] = command[2];
    return std::string(kOk);
  }
  if (name == "EVAL_RO") {
    const uint64_t count = streams_[command[3]];
    if (count == 0) return array({bulk("0-1"), bulk("")});
    return array({bulk("1-" + std::to_string(count - 1)), bulk("1-0")});
  }
  if (name == "XADD") return bulk(command[3] == "1-*" ? "1-" + std::to_string(streams_[command[1]]++) : command[2]);
  if (name == "XDEL" || name == "XTRIM" || name == "CLIENT") return integer(0);
  return std::string(kOk);
}

std::string FakeRedis::bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

std::string FakeRedis::array(const std::vector<std::string>& replies) {
  std::string text = "*" + std::to_string(replies.size()) + "\r\n";
  for (const std::string& reply : replies) text += reply;
  return text;
}

}  // namespace magnetite::write_buffer::testing
