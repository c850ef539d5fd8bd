#include "process/service_manager.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace magnetite::process {
namespace {

std::optional<int64_t> number_from(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  int64_t value = 0;
  const char* end = text + std::strlen(text);
  const auto [stopped, code] = std::from_chars(text, end, value);
  return code == std::errc() && stopped == end ? std::optional(value) : std::nullopt;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@') || std::strlen(path) >= sizeof(sockaddr_un::sun_path))
    return manager;
  manager.socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  manager.address_ = path;
  if (path[0] == '@') manager.address_[0] = '\0';
  const auto usec = number_from("WATCHDOG_USEC");
  const auto pid = number_from("WATCHDOG_PID");
  if (usec && *usec > 0 && (!pid || *pid == ::getpid())) manager.watchdog_ = std::chrono::microseconds(*usec);
  return manager;
}

ServiceManager::ServiceManager(ServiceManager&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), address_(std::move(other.address_)), watchdog_(other.watchdog_) {}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::status(std::string_view text) const { send("STATUS=" + one_line(text)); }

void ServiceManager::stopping(std::string_view text) const { send("STOPPING=1\nSTATUS=" + one_line(text)); }

void ServiceManager::extend_timeout(std::chrono::microseconds more) const {
  send(fmt::format("EXTEND_TIMEOUT_USEC={}", more.count()));
}

void ServiceManager::send(std::string_view message) const {
  if (socket_ < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  // A path ends with its zero, an abstract name with its last byte.
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size() + (address_[0] == '\0' ? 0 : 1));
  static_cast<void>(::sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), size));
}

}  // namespace magnetite::process
