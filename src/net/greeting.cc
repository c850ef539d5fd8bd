#include "net/greeting.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/logging.h"
#include "net/tls.h"
#include "net/tls_pump.h"

// g++ 16 sees Asio's allocator of coroutine frames half inlined and takes it for two that do not match.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace magnetite::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kPatience{2'000};  // with those who are told to go

// A connection that gRPC reads and writes itself. A descriptor of our own sees it end and can end it.
class GrpcConnection final : public Connection {
 public:
  GrpcConnection(int descriptor, Place place) : descriptor_(descriptor), place_(std::move(place)) {}
  ~GrpcConnection() override {
    watch_ = {};
    ::close(descriptor_);
  }
  GrpcConnection(const GrpcConnection&) = delete;
  GrpcConnection& operator=(const GrpcConnection&) = delete;

  bool watch(HangupWatch& hangups, std::function<void()> gone) {
    watch_ = hangups.watch(descriptor_, HangupWatch::Of::kBoth, std::move(gone));
    return watch_.active();
  }

  void end(End how) override {
    if (how == End::kNow) ::shutdown(descriptor_, SHUT_RDWR);  // of kIdle gRPC takes care
  }

 private:
  const int descriptor_;
  Place place_;
  HangupWatch::Watch watch_;
};

// What one that does not speak TLS is told. Clients of gRPC report it as well; a GOAWAY they would take for a reason to
// connect again, for ever.
std::string tls_wanted() {
  constexpr std::string_view kText = "this port speaks TLS: use https://\n";
  return fmt::format(
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      kText.size(), kText);
}

}  // namespace

Greeting::Greeting(Stream::Socket socket, Place place, GreetingContext& context)
    : executor_(socket.get_executor()),
      stream_(Stream::tcp(std::move(socket), context.hangups)),
      place_(std::move(place)),
      is_refused_(place_.is_refused()),
      context_(context) {}

asio::awaitable<void> Greeting::run() {
  Protocol protocol = co_await hear();
  if (context_.tls != nullptr && protocol != Protocol::kUnclear) {
    if (protocol != Protocol::kTls) co_return co_await say_and_end(tls_wanted());
    if (!co_await start_tls()) co_return;
    protocol = co_await hear();
    if (protocol == Protocol::kUnclear) co_return co_await stream_->end_sending(kPatience);
  }
  if (protocol == Protocol::kUnclear || context_.stopping) co_return;
  if (protocol != Protocol::kHttp2) co_return give_to_http();
  if (is_refused_) co_return;  // gRPC's clients try again by themselves
  context_.tls == nullptr ? give_to_grpc() : give_to_grpc_by_pump();
}

std::chrono::milliseconds Greeting::left_until(MonoTime deadline) const {
  return std::chrono::ceil<std::chrono::milliseconds>(deadline - context_.clock.mono_now());
}

// kUnclear: it ended, or the time did.
asio::awaitable<Protocol> Greeting::hear() {
  std::array<char, kFirstBytes> bytes;
  Protocol protocol = Protocol::kUnclear;
  first_bytes_.clear();
  const MonoTime deadline = context_.clock.mono_now() + context_.options.idle_timeout;
  while (protocol == Protocol::kUnclear && !context_.stopping) {
    const auto left = left_until(deadline);
    if (left.count() <= 0) break;
    const auto [code, size] = co_await stream_->async_read_some(
        asio::buffer(bytes.data(), bytes.size() - first_bytes_.size()), asio::cancel_after(left, kNoThrow));
    if (code) break;
    first_bytes_.append(bytes.data(), size);
    protocol = recognise(first_bytes_);
  }
  co_return protocol;
}

asio::awaitable<bool> Greeting::start_tls() {
  const std::shared_ptr<asio::ssl::context> context = context_.tls->context();
  stream_ = Stream::tls(std::move(stream_->socket()), context_.hangups, *context);
  co_return co_await stream_->shake_hands(first_bytes_, context_.options.handshake_timeout);
}

asio::awaitable<void> Greeting::say_and_end(std::string text) {
  const MonoTime deadline = context_.clock.mono_now() + kPatience;
  co_await asio::async_write(*stream_, asio::buffer(text), asio::cancel_after(kPatience, kNoThrow));
  co_await stream_->end_sending(kPatience);
  // What the client still sends is read for a moment: a reset would take the answer from it.
  std::array<char, 4096> rest;
  while (!context_.stopping && left_until(deadline).count() > 0) {
    const auto [code, size] =
        co_await stream_->async_read_some(asio::buffer(rest), asio::cancel_after(left_until(deadline), kNoThrow));
    if (code) break;
  }
}

void Greeting::give_to_http() {
  context_.http.serve({std::move(stream_), std::move(first_bytes_), std::move(place_), is_refused_});
}

void Greeting::give_to_grpc() {
  error_code code;
  const int descriptor = stream_->socket().release(code);
  stream_ = nullptr;
  if (code) return;
  const int ours = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (ours < 0 || fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0) {
    if (ours >= 0) ::close(ours);
    ::close(descriptor);
    return;
  }
  const auto connection = std::make_shared<GrpcConnection>(ours, std::move(place_));
  context_.connections.add(connection);
  const auto gone = [key = connection.get(), &connections = context_.connections] { connections.remove(key); };
  if (!connection->watch(context_.hangups, gone)) {
    ::close(descriptor);
    return gone();
  }
  context_.grpc.take(descriptor, first_bytes_);
}

void Greeting::give_to_grpc_by_pump() {
  const auto pump = std::make_shared<TlsPump>(std::move(stream_), std::move(place_));
  const int descriptor = pump->open_pair();
  if (descriptor < 0) return;
  context_.connections.add(pump);
  context_.grpc.take(descriptor, first_bytes_);
  asio::co_spawn(executor_, pump->run(), [pump, &connections = context_.connections](const std::exception_ptr& thrown) {
    connections.remove(pump.get());
    if (thrown != nullptr) log::error("BUG: a connection ended by an exception");
  });
}

void Greeting::end(End how) {
  asio::post(executor_, [self = shared_from_this(), how] {
    if (self->stream_ == nullptr) return;
    how == End::kNow ? self->stream_->close() : self->stream_->cancel();
  });
}

}  // namespace magnetite::net
