#include <utility>

#include "net/stream.h"

namespace magnetite::net {
namespace {

namespace asio = boost::asio;

class TcpStream final : public Stream {
 public:
  TcpStream(Socket socket, HangupWatch& hangups) : Stream(hangups), socket_(std::move(socket)) {}

  Socket& socket() override { return socket_; }
  asio::awaitable<bool> shake_hands(std::string_view, std::chrono::milliseconds) override { co_return true; }
  asio::awaitable<void> end_sending(std::chrono::milliseconds) override {
    boost::system::error_code ignored;
    static_cast<void>(socket_.shutdown(Socket::shutdown_send, ignored));
    co_return;
  }

 protected:
  void start_read(const ReadBuffers& buffers, Handler handler) override {
    socket_.async_read_some(buffers, std::move(handler));
  }
  void start_write(const WriteBuffers& buffers, Handler handler) override {
    socket_.async_write_some(buffers, std::move(handler));
  }

 private:
  Socket socket_;
};

}  // namespace

std::unique_ptr<Stream> Stream::tcp(Socket socket, HangupWatch& hangups) {
  return std::make_unique<TcpStream>(std::move(socket), hangups);
}

void Stream::cancel() {
  boost::system::error_code ignored;
  static_cast<void>(socket().cancel(ignored));
}

void Stream::close() {
  unwatch_client();
  boost::system::error_code ignored;
  static_cast<void>(socket().close(ignored));
}

void Stream::watch_client(std::function<void()> gone) {
  watch_ = hangups_.watch(socket().native_handle(), HangupWatch::Of::kPeer, std::move(gone));
}

}  // namespace magnetite::net
