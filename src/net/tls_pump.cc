#include "net/tls_pump.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <vector>

namespace magnetite::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr size_t kInBytes = 16 * 1024;   // a record of TLS, which is what one read delivers
constexpr size_t kOutBytes = 64 * 1024;  // results are what is large

}  // namespace

TlsPump::TlsPump(std::unique_ptr<Stream> client, Place place)
    : client_(std::move(client)), grpc_(client_->get_executor()), place_(std::move(place)) {}

int TlsPump::open_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  grpc_.assign(asio::local::stream_protocol(), ends[0]);
  return ends[1];
}

asio::awaitable<void> TlsPump::run() {
  using namespace asio::experimental::awaitable_operators;
  co_await (carry_in() && carry_out());
}

asio::awaitable<void> TlsPump::carry_in() {
  std::vector<char> buffer(kInBytes);
  while (true) {
    const auto [read_code, size] = co_await client_->async_read_some(asio::buffer(buffer), kNoThrow);
    if (read_code == asio::error::eof) {
      error_code ignored;
      static_cast<void>(grpc_.shutdown(Local::shutdown_send, ignored));
      co_return;
    }
    if (read_code) co_return close();
    const auto [write_code, written] = co_await asio::async_write(grpc_, asio::buffer(buffer.data(), size), kNoThrow);
    if (write_code) co_return;  // gRPC has ended: the other direction sees it and ends all
  }
}

asio::awaitable<void> TlsPump::carry_out() {
  constexpr std::chrono::milliseconds kPatience{2'000};
  std::vector<char> buffer(kOutBytes);
  while (true) {
    const auto [read_code, size] = co_await grpc_.async_read_some(asio::buffer(buffer), kNoThrow);
    if (read_code) break;
    const auto [write_code, written] =
        co_await asio::async_write(*client_, asio::buffer(buffer.data(), size), kNoThrow);
    if (write_code) co_return close();
  }
  co_await client_->end_sending(kPatience);
  close();
}

void TlsPump::close() {
  client_->close();
  error_code ignored;
  static_cast<void>(grpc_.close(ignored));
}

void TlsPump::end(End how) {
  if (how == End::kIdle) return;
  asio::post(client_->get_executor(), [self = shared_from_this()] { self->close(); });
}

}  // namespace magnetite::net
