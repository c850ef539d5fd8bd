#include "process/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace magnetite::process {
namespace {

// Receives on a socket with an abstract name.
class FakeManager {
 public:
  FakeManager() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name_.data(), name_.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name_.size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", ("@" + name_).c_str(), 1);
  }
  ~FakeManager() {
    ::close(socket_);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  std::string heard() {
    std::array<char, 512> bytes;
    const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(bytes.data(), static_cast<size_t>(size));
  }

 private:
  const std::string name_ = "magnetite-test-" + std::to_string(::getpid());
  const int socket_ = ::socket(AF_UNIX, SOCK_DGRAM, 0);
};

TEST(ServiceManager, MessagesArriveAsTheProtocolHasThem) {
  FakeManager fake;
  const ServiceManager manager = ServiceManager::from_environment();
  EXPECT_TRUE(manager.is_there());
  manager.ready();
  EXPECT_EQ(fake.heard(), "READY=1");
  manager.status("two\nlines");
  EXPECT_EQ(fake.heard(), "STATUS=two lines");
  manager.stopping("bye");
  EXPECT_EQ(fake.heard(), "STOPPING=1\nSTATUS=bye");
  manager.extend_timeout(std::chrono::seconds(3));
  EXPECT_EQ(fake.heard(), "EXTEND_TIMEOUT_USEC=3000000");
  manager.alive();
  EXPECT_EQ(fake.heard(), "WATCHDOG=1");
}

TEST(ServiceManager, TheWatchdogIsForTheProcessItNames) {
  FakeManager fake;
  EXPECT_EQ(ServiceManager::from_environment().watchdog(), std::nullopt);
  ::setenv("WATCHDOG_USEC", "5000000", 1);
  EXPECT_EQ(ServiceManager::from_environment().watchdog(), std::chrono::seconds(5));
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(ServiceManager::from_environment().watchdog(), std::chrono::seconds(5));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(ServiceManager::from_environment().watchdog(), std::nullopt);
  ::unsetenv("WATCHDOG_PID");
  for (const char* nonsense : {"", "soon", "0", "-1", "5s"}) {
    ::setenv("WATCHDOG_USEC", nonsense, 1);
    EXPECT_EQ(ServiceManager::from_environment().watchdog(), std::nullopt) << nonsense;
  }
}

TEST(ServiceManager, NobodyIsToldWithoutOne) {
  for (const char* strange : {"", "relative", "vsock:2:1"}) {
    ::setenv("NOTIFY_SOCKET", strange, 1);
    const ServiceManager manager = ServiceManager::from_environment();
    EXPECT_FALSE(manager.is_there()) << strange;
    manager.ready();
  }
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(ServiceManager::from_environment().is_there());
}

}  // namespace
}  // namespace magnetite::process
