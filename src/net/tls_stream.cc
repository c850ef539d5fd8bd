#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "net/stream.h"

namespace magnetite::net {
namespace {

namespace asio = boost::asio;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

class TlsStream final : public Stream {
 public:
  TlsStream(Socket socket, HangupWatch& hangups, asio::ssl::context& context)
      : Stream(hangups), stream_(std::move(socket), context) {}

  Socket& socket() override { return stream_.next_layer(); }

  asio::awaitable<bool> shake_hands(std::string_view first_bytes, std::chrono::milliseconds timeout) override {
    const auto [code, size] = co_await stream_.async_handshake(
        asio::ssl::stream_base::server, asio::buffer(first_bytes), asio::cancel_after(timeout, kNoThrow));
    co_return !code;
  }

  // Most clients answer by closing. One that still sends breaks TLS off here, but its bytes are read and forgotten, so
  // that no reset takes our answer from it.
  asio::awaitable<void> end_sending(std::chrono::milliseconds timeout) override {
    static_cast<void>(co_await stream_.async_shutdown(asio::cancel_after(timeout, kNoThrow)));
    is_ended_ = true;
    boost::system::error_code ignored;
    static_cast<void>(socket().shutdown(Socket::shutdown_send, ignored));
  }

 protected:
  void start_read(const ReadBuffers& buffers, Handler handler) override {
    if (is_ended_) return socket().async_read_some(buffers, std::move(handler));
    stream_.async_read_some(buffers, std::move(handler));
  }
  void start_write(const WriteBuffers& buffers, Handler handler) override {
    stream_.async_write_some(buffers, std::move(handler));
  }

 private:
  asio::ssl::stream<Socket> stream_;
  bool is_ended_ = false;  // reads see the client's bytes as they come
};

}  // namespace

std::unique_ptr<Stream> Stream::tls(Socket socket, HangupWatch& hangups, asio::ssl::context& context) {
  return std::make_unique<TlsStream>(std::move(socket), hangups, context);
}

}  // namespace magnetite::net
