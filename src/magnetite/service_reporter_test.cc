// Signs of life are earned: what the service manager hears of a server that answers itself, and of one that does not.
#include "magnetite/service_reporter.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "base/logging.h"
#include "http/testing/fakes.h"

namespace magnetite {
namespace {

// A port whose clients are answered, or not, by the test.
class Port {
 public:
  Port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_, 16), 0);
  }
  ~Port() { ::close(socket_); }
  std::string url() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    return fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
  }
  // Waits for the next client and its request.
  void take_request(std::string_view answer) const {
    const int client = ::accept(socket_, nullptr, nullptr);
    std::array<char, 1024> request{};
    EXPECT_GT(::recv(client, request.data(), request.size(), 0), 0);
    EXPECT_TRUE(std::string_view(request.data()).starts_with("GET /health "));
    if (!answer.empty()) ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    // Without an answer: until the other side gives up.
    while (answer.empty() && ::recv(client, request.data(), request.size(), 0) > 0) {
    }
    ::close(client);
  }

 private:
  const int socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
};

class ServiceReporterTest : public testing::Test {
 protected:
  ServiceReporterTest() {
    log::configure({.level = log::Level::kError, .format = {}, .to_stderr = false});
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = fmt::format("magnetite-reporter-{}", ::getpid());
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
    ::setenv("WATCHDOG_USEC", "150000", 1);
  }
  ~ServiceReporterTest() override {
    ::close(socket_);
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
  }

  // The next message, waited for; with `wait` false "" if there is none.
  std::string heard(bool wait = true) const {
    std::array<char, 512> bytes;
    const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), wait ? 0 : MSG_DONTWAIT);
    return size < 0 ? std::string() : std::string(bytes.data(), static_cast<size_t>(size));
  }

  const int socket_ = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  http::FakeServer server_;
  Port port_;
};

TEST_F(ServiceReporterTest, NoSignOfLifeWithoutAnAnswerOfItsOwn) {
  const auto manager = process::ServiceManager::from_environment();
  ServiceReporter reporter(*executor_, manager, server_, port_.url());
  EXPECT_EQ(heard(), "READY=1");
  EXPECT_EQ(heard(), "STATUS=ready, 0 databases");
  for (int probe = 0; probe < 3; ++probe) port_.take_request("");
  EXPECT_EQ(heard(false), "");
  // Whatever it answers, it lives.
  port_.take_request("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(heard(), "WATCHDOG=1");
}

TEST_F(ServiceReporterTest, AStopAsksForPatience) {
  const auto manager = process::ServiceManager::from_environment();
  ServiceReporter reporter(*executor_, manager, server_, port_.url());
  reporter.begin_stop(std::chrono::seconds(20));
  std::string message;
  while (!message.starts_with("EXTEND_TIMEOUT_USEC=")) message = heard();
  EXPECT_EQ(message, "EXTEND_TIMEOUT_USEC=10000000");
}

}  // namespace
}  // namespace magnetite
