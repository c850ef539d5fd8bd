// Tells systemd, or whatever speaks its protocol (sd_notify(3)), how the process is. Without one every call does
// nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace magnetite::process {

// Thread-safe. A message that cannot be sent is lost: the manager notices by itself.
class ServiceManager {
 public:
  // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  static ServiceManager from_environment();
  ServiceManager() = default;
  ServiceManager(ServiceManager&& other) noexcept;
  ServiceManager& operator=(ServiceManager&&) = delete;
  ~ServiceManager();

  bool is_there() const { return socket_ >= 0; }
  // How long it waits for a sign of life before it ends the process; absent: for ever.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

  void ready() const { send("READY=1"); }
  void alive() const { send("WATCHDOG=1"); }
  void status(std::string_view text) const;  // one line, for people
  void stopping(std::string_view text) const;
  // The stop goes on, and may take so long from now.
  void extend_timeout(std::chrono::microseconds more) const;

 private:
  void send(std::string_view message) const;

  int socket_ = -1;
  std::string address_;  // '\0' first: abstract
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace magnetite::process
