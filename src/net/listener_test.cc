// Connections from their first byte to the edge that takes them, over real sockets.
#include "net/listener.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/logging.h"
#include "net/protocol.h"
#include "net/stream.h"
#include "net/testing/certificate.h"
#include "net/testing/client.h"

namespace magnetite::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;
using Security = TestClient::Security;

const std::string kHttp2Start = std::string(kHttp2Preface) + std::string("\0\0\0\x04\0\0\0\0\0", 9);
constexpr std::string_view kOffersH2 = "\x02h2";
constexpr std::string_view kOffersBoth = "\x02h2\x08http/1.1";

// Sends back what comes, after "http:" or "refused:".
class EchoEdge final : public HttpEdge {
 public:
  void serve(Arrival&& arrival) override {
    const auto executor = arrival.stream->get_executor();
    boost::asio::co_spawn(executor, echo(std::move(arrival)), boost::asio::detached);
  }

 private:
  static boost::asio::awaitable<void> echo(Arrival arrival) {
    constexpr auto kNoThrow = boost::asio::as_tuple(boost::asio::use_awaitable);
    std::string bytes = (arrival.is_refused ? "refused:" : "http:") + arrival.first_bytes;
    while (true) {
      const auto [failed, sent] =
          co_await boost::asio::async_write(*arrival.stream, boost::asio::buffer(bytes), kNoThrow);
      if (failed) co_return;
      bytes.resize(1'000);
      const auto [ended, size] = co_await arrival.stream->async_read_some(boost::asio::buffer(bytes), kNoThrow);
      if (ended) break;
      bytes.resize(size);
    }
    co_await arrival.stream->end_sending(1s);
  }
};

// What gRPC would get; the test plays its part.
class DescriptorEdge final : public GrpcEdge {
 public:
  struct Taken {
    Taken(int of, std::string_view bytes) : descriptor(of), first_bytes(bytes) {}
    ~Taken() { end(); }
    Taken(const Taken&) = delete;
    void end() {
      if (descriptor < 0) return;
      shutdown(descriptor, SHUT_RDWR);
      ::close(std::exchange(descriptor, -1));
    }
    bool send(std::string_view bytes) const {
      while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<size_t>(sent));
      }
      return true;
    }
    std::string receive(size_t bytes) const {
      std::string received(bytes, '\0');
      received.resize(static_cast<size_t>(std::max<ssize_t>(0, recv(descriptor, received.data(), bytes, MSG_WAITALL))));
      return received;
    }
    int descriptor;
    const std::string first_bytes;
  };

  void take(int descriptor, std::string_view first_bytes) override {
    EXPECT_NE(fcntl(descriptor, F_GETFL) & O_NONBLOCK, 0);
    fcntl(descriptor, F_SETFL, 0);
    const timeval give_up{60, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &give_up, sizeof(give_up));
    const std::lock_guard lock(mutex_);
    taken_.push_back(std::make_unique<Taken>(descriptor, first_bytes));
    arrived_.notify_all();
  }

  std::unique_ptr<Taken> next() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, 60s, [this] { return !taken_.empty(); })) return nullptr;
    auto first = std::move(taken_.front());
    taken_.pop_front();
    return first;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::unique_ptr<Taken>> taken_;
};

class ListenerTest : public testing::TestWithParam<Security> {
 protected:
  static void SetUpTestSuite() { log::configure({.level = log::Level::kError, .format = {}, .to_stderr = false}); }

  Listener& listener() {
    if (started_ == nullptr) {
      auto started = Listener::start(*executor_, options, tls_.get(), http, grpc);
      EXPECT_TRUE(started) << started.error().message();
      started_ = *std::move(started);
    }
    return *started_;
  }
  void use_tls() {
    auto loaded = Tls::load(*disk_, executor_->clock(), write_certificate("listener", make_certificate("listener")));
    EXPECT_TRUE(loaded) << loaded.error().message();
    tls_ = *std::move(loaded);
  }
  void SetUp() override {
    if (GetParam() == Security::kTls) use_tls();
  }
  TestClient connect(size_t address = 0, std::string_view protocols = {}) {
    return TestClient(listener().addresses()[address], GetParam(), protocols);
  }
  TestClient connect_plainly() { return TestClient(listener().addresses()[0], Security::kPlain); }
  std::unique_ptr<DescriptorEdge::Taken> connect_grpc(TestClient& client) {
    EXPECT_TRUE(client.send(kHttp2Start));
    return grpc.next();
  }
  void wait_for_connections(size_t count) {
    const MonoTime deadline = system_clock().mono_now() + 60s;
    while (listener().connections() != count && system_clock().mono_now() < deadline) executor_->pause(1ms);
    EXPECT_EQ(listener().connections(), count);
  }

  ListenerOptions options{.binds = {{"127.0.0.1:0", "--first"}}};
  EchoEdge http;
  DescriptorEdge grpc;

 private:
  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  const std::unique_ptr<Disk> disk_ = make_posix_disk();
  std::unique_ptr<Tls> tls_;

 protected:
  std::unique_ptr<Listener> started_;  // ends before what it uses
};

class TlsListenerTest : public ListenerTest {};
class PlainListenerTest : public ListenerTest {};

INSTANTIATE_TEST_SUITE_P(Plain, ListenerTest, testing::Values(Security::kPlain));
INSTANTIATE_TEST_SUITE_P(Tls, ListenerTest, testing::Values(Security::kTls));
INSTANTIATE_TEST_SUITE_P(Tls, TlsListenerTest, testing::Values(Security::kTls));
INSTANTIATE_TEST_SUITE_P(Plain, PlainListenerTest, testing::Values(Security::kPlain));

// --- whose a connection is

TEST_P(ListenerTest, EachAddressKnowsBothProtocols) {
  options.binds = {{"127.0.0.1:0", "--first"}, {"localhost:0", "--second"}};
  ASSERT_GE(listener().addresses().size(), 2);
  for (size_t address = 0; address < 2; ++address) {
    TestClient client = connect(address);
    EXPECT_TRUE(client.send("GET /"));
    EXPECT_EQ(client.receive_exactly(10), "http:GET /");
    EXPECT_TRUE(client.send("more"));
    EXPECT_EQ(client.receive_exactly(4), "more");
    TestClient caller = connect(address);
    EXPECT_TRUE(caller.send(kHttp2Start + "frames"));
    const auto taken = grpc.next();
    ASSERT_NE(taken, nullptr);
    EXPECT_EQ(taken->first_bytes, kHttp2Start);
    EXPECT_EQ(taken->receive(6), "frames");
    EXPECT_TRUE(taken->send("answer"));
    EXPECT_EQ(caller.receive_exactly(6), "answer");
  }
}

TEST_P(ListenerTest, PrefaceMayComeByteByByte) {
  TestClient client = connect();
  for (const char& byte : kHttp2Start) EXPECT_TRUE(client.send({&byte, 1}));
  const auto taken = grpc.next();
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(taken->first_bytes, kHttp2Start);
}

TEST_P(ListenerTest, WrongPrefaceIsForHttp) {
  TestClient client = connect();
  EXPECT_TRUE(client.send("PRI * HTTP/1.0\r\n"));
  EXPECT_THAT(client.receive_exactly(21), StartsWith("http:PRI * HTTP/1.0"));
}

TEST_P(ListenerTest, MuchGoesBothWaysThroughGrpc) {
  TestClient client = connect();
  const auto taken = connect_grpc(client);
  ASSERT_NE(taken, nullptr);
  std::string bytes(8 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2'654'435'761u >> 24);
  const auto executor = make_thread_executor();
  Task sending = executor->spawn("send", [&] { EXPECT_TRUE(taken->send(bytes)); });
  EXPECT_TRUE(client.receive_exactly(bytes.size()) == bytes);
  sending.join();
  Task receiving = executor->spawn("receive", [&] { EXPECT_TRUE(taken->receive(bytes.size()) == bytes); });
  for (size_t at = 0; at < bytes.size(); at += 100'000)
    EXPECT_TRUE(client.send(std::string_view(bytes).substr(at, 100'000)));
  receiving.join();
}

TEST_P(ListenerTest, EndOfEitherSideReachesTheOther) {
  TestClient leaving = connect();
  const auto left = connect_grpc(leaving);
  ASSERT_NE(left, nullptr);
  leaving.close();
  EXPECT_EQ(left->receive(1), "");
  left->end();
  TestClient staying = connect();
  const auto ended = connect_grpc(staying);
  ASSERT_NE(ended, nullptr);
  EXPECT_TRUE(ended->send("last words"));
  ended->end();
  EXPECT_EQ(staying.receive_exactly(10), "last words");
  EXPECT_TRUE(staying.is_ended());
  staying.close();
  wait_for_connections(0);
}

// --- TLS

TEST_P(TlsListenerTest, PlainTextIsToldToUseTls) {
  for (const std::string_view said :
       {std::string_view("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), std::string_view(kHttp2Start)}) {
    TestClient client = connect_plainly();
    EXPECT_TRUE(client.send(said));
    const std::string answer = client.receive_all();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(answer, HasSubstr("speaks TLS"));
  }
}

TEST_P(TlsListenerTest, WhoeverKnowsHttp1GetsIt) {
  EXPECT_EQ(connect(0, kOffersBoth).protocol(), "http/1.1");
  EXPECT_EQ(connect(0, kOffersH2).protocol(), "h2");
  EXPECT_EQ(connect(0, "\x03xyz").protocol(), "");
  EXPECT_EQ(connect(0).protocol(), "");
}

TEST_P(TlsListenerTest, BrokenHandshakeEndsTheConnectionAlone) {
  TestClient good = connect();
  TestClient broken = connect_plainly();
  EXPECT_TRUE(broken.send(std::string_view("\x16\x03\x01\0\x05wrong", 10)));
  broken.receive_all();
  EXPECT_TRUE(good.send("GET /"));
  EXPECT_EQ(good.receive_exactly(10), "http:GET /");
}

TEST_P(TlsListenerTest, HandshakeHasADeadline) {
  options.handshake_timeout = 50ms;
  TestClient half = connect_plainly();
  EXPECT_TRUE(half.send(std::string_view("\x16\x03\x01\x02\x00\x01", 6)));
  EXPECT_EQ(half.receive_all(), "");
  wait_for_connections(0);
}

TEST_P(PlainListenerTest, TlsWhereNoneIsSpokenIsForHttpToRefuse) {
  TestClient client = connect();
  EXPECT_TRUE(client.send("\x16\x03\x01"));
  EXPECT_EQ(client.receive_exactly(8), "http:\x16\x03\x01");
}

// --- deadlines and limits

TEST_P(ListenerTest, SilenceAndAPrefaceAloneEndAtTheirDeadline) {
  options.idle_timeout = 50ms;
  TestClient busy = connect();
  EXPECT_TRUE(busy.send("GET /"));
  EXPECT_EQ(busy.receive_exactly(10), "http:GET /");
  TestClient silent = connect_plainly();
  EXPECT_TRUE(silent.is_ended());
  TestClient half = connect();
  EXPECT_TRUE(half.send(kHttp2Preface));
  half.receive_all();
  half.close();
  EXPECT_TRUE(busy.send("more"));
  EXPECT_EQ(busy.receive_exactly(4), "more");
  wait_for_connections(1);
}

TEST_P(ListenerTest, BothKindsShareTheLimit) {
  options.connections_max = 2;
  TestClient first = connect();
  EXPECT_TRUE(first.send("GET /"));
  EXPECT_EQ(first.receive_exactly(10), "http:GET /");
  TestClient second = connect();
  const auto taken = connect_grpc(second);
  ASSERT_NE(taken, nullptr);
  TestClient third = connect();
  EXPECT_TRUE(third.send("GET /"));
  EXPECT_EQ(third.receive_exactly(13), "refused:GET /");
  TestClient fourth = connect();
  fourth.send(kHttp2Start);
  EXPECT_EQ(fourth.receive_all(), "");
  third.close();
  fourth.close();
  second.close();
  EXPECT_EQ(taken->receive(1), "");
  taken->end();
  wait_for_connections(1);
  TestClient fifth = connect();
  EXPECT_TRUE(fifth.send("GET /"));
  EXPECT_EQ(fifth.receive_exactly(10), "http:GET /");
}

// Else a client that is refused and stays, or comes again at once, would keep itself and others out.
TEST_P(ListenerTest, WhoIsRefusedTakesNobodysPlace) {
  options.connections_max = 1;
  TestClient first = connect();
  EXPECT_TRUE(first.send("GET /"));
  EXPECT_EQ(first.receive_exactly(10), "http:GET /");
  TestClient refused = connect();
  EXPECT_TRUE(refused.send("GET /"));
  EXPECT_EQ(refused.receive_exactly(13), "refused:GET /");
  wait_for_connections(2);
  first.close();
  wait_for_connections(1);
  TestClient next = connect();
  EXPECT_TRUE(next.send("GET /"));
  EXPECT_EQ(next.receive_exactly(10), "http:GET /");
}

TEST_P(ListenerTest, StoppingSendsAwayWhoSaidNothingAndLaterAll) {
  TestClient silent = connect_plainly();
  TestClient busy = connect();
  const auto taken = connect_grpc(busy);
  ASSERT_NE(taken, nullptr);
  wait_for_connections(2);
  listener().stop_accepting();
  EXPECT_TRUE(silent.is_ended());
  EXPECT_TRUE(taken->send("still here"));
  EXPECT_EQ(busy.receive_exactly(10), "still here");
  listener().stop();
  EXPECT_EQ(taken->receive(1), "");
  EXPECT_EQ(listener().connections(), 0);
}

// --- addresses

TEST_P(PlainListenerTest, EqualAddressesAreOneListener) {
  options.binds = {{"127.0.0.1:0", "--first"}, {"127.0.0.1:0", "--second"}};
  EXPECT_EQ(listener().addresses().size(), 1);
}

TEST_P(PlainListenerTest, AddressInUseIsAnErrorThatNamesItAndItsFlag) {
  const auto executor = make_thread_executor();
  const std::string taken = listener().addresses()[0];
  const auto second = Listener::start(*executor, {.binds = {{taken, "--other"}}}, nullptr, http, grpc);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message(), HasSubstr(taken));
  EXPECT_THAT(second.error().message(), HasSubstr("--other"));
}

TEST_P(PlainListenerTest, SocketThatDiesIsReplaced) {
  const std::string address = listener().addresses()[0];
  const auto port = static_cast<uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
  for (int descriptor = 3; descriptor < 1'000; ++descriptor) {
    sockaddr_in bound{};
    socklen_t size = sizeof(bound);
    if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size) != 0 || bound.sin_port != htons(port))
      continue;
    shutdown(descriptor, SHUT_RDWR);  // accept() fails from now on
    break;
  }
  for (bool served = false; !served;) {  // until the new one listens
    TestClient client = connect_plainly();
    served = client.send("GET /") && client.receive_exactly(10) == "http:GET /";
  }
}

}  // namespace
}  // namespace magnetite::net
