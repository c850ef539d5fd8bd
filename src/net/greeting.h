// The first moments of a connection: TLS if it is wanted, then the first bytes decide whose it is.
#pragma once

#include <memory>
#include <string>

#include "net/connection_set.h"
#include "net/edges.h"
#include "net/listener.h"
#include "net/protocol.h"
#include "net/stream.h"

namespace magnetite::net {

// Shared by all connections of a listener; outlives them.
struct GreetingContext {
  const ListenerOptions& options;
  Tls* tls;  // nullptr: none is spoken
  HttpEdge& http;
  GrpcEdge& grpc;
  HangupWatch& hangups;
  ConnectionSet& connections;
  Clock& clock;
  std::atomic<bool> stopping = false;  // nobody is given to an edge any more
};

// Used on the socket's executor, a strand, except end().
class Greeting final : public Connection, public std::enable_shared_from_this<Greeting> {
 public:
  Greeting(Stream::Socket socket, Place place, GreetingContext& context);

  // Until an edge has the connection, or it has ended.
  boost::asio::awaitable<void> run();
  void end(End how) override;  // nothing is being done for the client yet

 private:
  boost::asio::awaitable<Protocol> hear();
  boost::asio::awaitable<bool> start_tls();
  boost::asio::awaitable<void> say_and_end(std::string text);
  void give_to_http();
  void give_to_grpc();
  void give_to_grpc_by_pump();

  std::chrono::milliseconds left_until(MonoTime deadline) const;

  const Stream::executor_type executor_;
  std::unique_ptr<Stream> stream_;  // nullptr once an edge has it
  std::string first_bytes_;
  Place place_;
  const bool is_refused_;
  GreetingContext& context_;
};

}  // namespace magnetite::net
