// A bound socket that accepts until it is told to stop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace magnetite::net {

class ListeningSocket : public std::enable_shared_from_this<ListeningSocket> {
 public:
  using tcp = boost::asio::ip::tcp;
  using Arrived = std::function<void(tcp::socket)>;  // the socket has a strand of its own

  ListeningSocket(boost::asio::io_context& io, tcp::endpoint endpoint);

  boost::system::error_code open();
  const tcp::endpoint& endpoint() const { return endpoint_; }  // after open(): with the real port

  // Calls `arrived` on the io_context's threads.
  void start(Arrived arrived);
  void stop();  // from any thread

 private:
  boost::asio::awaitable<void> accept();

  boost::asio::io_context& io_;
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  tcp::acceptor acceptor_;  // touched on the strand once it has started
  tcp::endpoint endpoint_;
  Arrived arrived_;
  bool stopping_ = false;
};

std::string to_string(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace magnetite::net
