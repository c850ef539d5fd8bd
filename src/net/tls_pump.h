// Carries HTTP/2 between a client that speaks TLS and gRPC, which is given one end of a pair of sockets.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <memory>

#include "net/connection_set.h"
#include "net/stream.h"

namespace magnetite::net {

// Used on the stream's executor, except end().
class TlsPump final : public Connection, public std::enable_shared_from_this<TlsPump> {
 public:
  TlsPump(std::unique_ptr<Stream> client, Place place);

  // The end for gRPC, non-blocking, owned by the caller; -1 when the system has no more descriptors.
  int open_pair();
  // Until both sides have ended, or one is broken. What one side does not take is not read from the other.
  boost::asio::awaitable<void> run();
  void end(End how) override;  // kIdle: gRPC knows what is being done, and ends it

 private:
  using Local = boost::asio::local::stream_protocol::socket;

  boost::asio::awaitable<void> carry_in();
  boost::asio::awaitable<void> carry_out();
  void close();

  std::unique_ptr<Stream> client_;
  Local grpc_;
  Place place_;
};

}  // namespace magnetite::net
