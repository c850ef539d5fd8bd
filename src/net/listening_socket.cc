#include "net/listening_socket.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/logging.h"

namespace magnetite::net {

namespace asio = boost::asio;
using boost::system::error_code;

ListeningSocket::ListeningSocket(asio::io_context& io, tcp::endpoint endpoint)
    : io_(io), strand_(asio::make_strand(io)), acceptor_(strand_), endpoint_(std::move(endpoint)) {}

error_code ListeningSocket::open() {
  error_code code;
  if (acceptor_.open(endpoint_.protocol(), code)) return code;
  if (acceptor_.set_option(tcp::acceptor::reuse_address(true), code)) return code;
  if (acceptor_.bind(endpoint_, code) || acceptor_.listen(asio::socket_base::max_listen_connections, code)) return code;
  endpoint_ = acceptor_.local_endpoint(code);
  return code;
}

void ListeningSocket::start(Arrived arrived) {
  arrived_ = std::move(arrived);
  asio::co_spawn(strand_, [self = shared_from_this()] { return self->accept(); }, asio::detached);
}

void ListeningSocket::stop() {
  asio::post(strand_, [self = shared_from_this()] {
    self->stopping_ = true;
    error_code ignored;
    static_cast<void>(self->acceptor_.close(ignored));
  });
}

asio::awaitable<void> ListeningSocket::accept() {
  while (!stopping_) {
    auto [code, socket] = co_await acceptor_.async_accept(asio::any_io_executor(asio::make_strand(io_)),
                                                          asio::as_tuple(asio::use_awaitable));
    if (stopping_) co_return;
    if (!code) {
      error_code ignored;
      static_cast<void>(socket.set_option(tcp::no_delay(true), ignored));
      static_cast<void>(socket.set_option(asio::socket_base::keep_alive(true), ignored));
      arrived_(std::move(socket));
      continue;
    }
    // Out of descriptors: others must close first. Anything else about the socket itself: a new one takes its place.
    log::warn("a connection could not be accepted", {{"address", to_string(endpoint_)}, {"error", code.message()}});
    if (code == asio::error::invalid_argument || code == asio::error::bad_descriptor) {
      error_code failed;
      static_cast<void>(acceptor_.close(failed));
      if ((failed = open())) log::error("cannot listen again", {{"error", failed.message()}});
    }
    asio::steady_timer pause(strand_, std::chrono::milliseconds(100));
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

std::string to_string(const asio::ip::tcp::endpoint& endpoint) {
  return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), endpoint.address().to_string(),
                     endpoint.port());
}

}  // namespace magnetite::net
