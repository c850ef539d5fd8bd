#include "write_buffer/redis/client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace magnetite::write_buffer::redis {
namespace {

constexpr size_t kReceiveBytes = 64 << 10;
constexpr size_t kKeptBytesMax = 1 << 20;  // of the buffer of what is to be sent

using Addresses = std::unique_ptr<addrinfo, Deleter<freeaddrinfo>>;

Result<Addresses> resolve(const HostPort& server) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found); code != 0)
    return fail(ErrorCode::kUnavailable, fmt::format("redis: {}: {}", server.text(), gai_strerror(code)));
  return Addresses(found);
}

std::string error_text(int code) { return std::generic_category().message(code); }

}  // namespace

Client::Client(const Settings& settings) : settings_(settings), reader_(redisReaderCreate()) {}

Client::~Client() {
  if (socket_ >= 0) ::close(socket_);
}

Error Client::broken(std::string_view why) const {
  return {ErrorCode::kUnavailable, fmt::format("redis: {}: {}", settings_.connection.server.text(), why)};
}

Result<std::unique_ptr<Client>> Client::connect(const Settings& settings) {
  std::unique_ptr<Client> client(new Client(settings));
  if (client->reader_ == nullptr) return std::unexpected(client->broken("out of memory"));
  MAGNETITE_RETURN_IF_ERROR(client->open(client->request_deadline()));
  MAGNETITE_RETURN_IF_ERROR(client->introduce());
  return client;
}

Result<> Client::open(MonoTime deadline) {
  MAGNETITE_TRY(const Addresses addresses, resolve(settings_.connection.server));
  int code = EADDRNOTAVAIL;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    if (socket_ >= 0) ::close(socket_);
    socket_ = ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return std::unexpected(broken(error_text(errno)));
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(socket_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    code = ::connect(socket_, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    if (code == EINPROGRESS) {
      std::array<pollfd, 2> waited = {
          pollfd{socket_, POLLOUT, 0},
          pollfd{settings_.stop == nullptr ? -1 : settings_.stop->descriptor(), POLLIN, 0},
      };
      poll(waited.data(), waited.size(), poll_millis(*settings_.clock, deadline));
      if (waited[1].revents != 0) return fail(ErrorCode::kShutdown, "redis: the end while connecting");
      if (waited[0].revents == 0) return std::unexpected(broken("no connection in time"));
      socklen_t size = sizeof(code);
      getsockopt(socket_, SOL_SOCKET, SO_ERROR, &code, &size);
    }
    if (code == 0) return {};
  }
  return std::unexpected(broken(error_text(code)));
}

Result<> Client::introduce() {
  const RedisConnection& connection = settings_.connection;
  if (!connection.password.empty()) {
    const auto known = connection.user.empty() ? call({"AUTH", connection.password})
                                               : call({"AUTH", connection.user, connection.password});
    if (!known) return std::unexpected(known.error());
  }
  if (connection.db != 0) {
    MAGNETITE_TRY(const Reply selected, call({"SELECT", fmt::format("{}", connection.db)}));
  }
  MAGNETITE_TRY(const Reply info, call({"CLIENT", "INFO"}));
  identity_ = parse_identity(text_of(*info));
  return {};
}

void Client::queue(Arguments arguments) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  texts.reserve(arguments.size());
  sizes.reserve(arguments.size());
  for (const std::string_view argument : arguments) {
    texts.push_back(argument.data() == nullptr ? "" : argument.data());
    sizes.push_back(argument.size());
  }
  char* command = nullptr;
  const long long size = redisFormatCommandArgv(&command, static_cast<int>(texts.size()), texts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  if (out_begin_ == out_.size()) {
    out_.clear();
    if (out_.capacity() > kKeptBytesMax) out_.shrink_to_fit();
    out_begin_ = 0;
  }
  out_.append(command, static_cast<size_t>(size));
  redisFreeCommand(command);
}

Result<> Client::send_some() {
  while (unsent_bytes() > 0) {
    const ssize_t sent = ::send(socket_, out_.data() + out_begin_, unsent_bytes(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
    if (sent < 0) return std::unexpected(broken(error_text(errno)));
    out_begin_ += static_cast<size_t>(sent);
    sent_bytes_ += static_cast<uint64_t>(sent);
  }
  return {};
}

Result<std::optional<Reply>> Client::try_receive(uint64_t bytes_max) {
  std::array<char, kReceiveBytes> bytes;
  while (true) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) return std::unexpected(broken(reader_->errstr));
    if (reply != nullptr) {
      reply_bytes_ = 0;
      return Reply(static_cast<redisReply*>(reply));
    }
    if (reply_bytes_ > bytes_max)
      return fail(ErrorCode::kTooLarge, fmt::format("redis: an answer of more than {} bytes", bytes_max));
    const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::optional<Reply>();
    if (size < 0) return std::unexpected(broken(error_text(errno)));
    if (size == 0) return std::unexpected(broken("the server closed the connection"));
    reply_bytes_ += static_cast<uint64_t>(size);
    if (redisReaderFeed(reader_.get(), bytes.data(), static_cast<size_t>(size)) != REDIS_OK)
      return std::unexpected(broken(reader_->errstr));
  }
}

Result<> Client::wait(MonoTime deadline, const WakeUp* wake) {
  const auto descriptor = [](const WakeUp* event) { return event == nullptr ? -1 : event->descriptor(); };
  std::array<pollfd, 3> waited = {
      pollfd{socket_, static_cast<short>(unsent_bytes() > 0 ? POLLIN | POLLOUT : POLLIN), 0},
      pollfd{descriptor(settings_.stop), POLLIN, 0},
      pollfd{descriptor(wake), POLLIN, 0},
  };
  poll(waited.data(), waited.size(), poll_millis(*settings_.clock, deadline));
  if (waited[1].revents != 0) return fail(ErrorCode::kShutdown, "redis: the end while waiting");
  return {};
}

Result<Reply> Client::receive(MonoTime deadline, uint64_t bytes_max) {
  while (true) {
    MAGNETITE_RETURN_IF_ERROR(send_some());
    MAGNETITE_TRY(std::optional<Reply> reply, try_receive(bytes_max));
    if (reply) return *std::move(reply);
    if (settings_.clock->mono_now() >= deadline) return std::unexpected(broken("no answer in time"));
    MAGNETITE_RETURN_IF_ERROR(wait(deadline));
  }
}

Result<Reply> Client::call(Arguments arguments) {
  queue(arguments);
  MAGNETITE_TRY(Reply reply, receive(request_deadline()));
  if (is_error(*reply)) return std::unexpected(error_of(*reply));
  return reply;
}

}  // namespace magnetite::write_buffer::redis
