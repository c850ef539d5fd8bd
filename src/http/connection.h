// One client connection: reads requests, has them handled on the right threads, writes answers, in order.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "base/worker_pool.h"
#include "http/body_budget.h"
#include "http/service.h"

namespace magnetite::http {

// Shared by all connections of a server; outlives them.
struct ConnectionContext {
  Service& service;
  WorkerPool& write_pool;
  WorkerPool& query_pool;
  WorkerPool& admin_pool;
  BodyBudget& bodies;
  const HttpOptions& options;
  Clock& clock;
  std::atomic<uint64_t> requests = 0;  // so far: numbers request ids
  std::atomic<bool> stopping = false;  // no connection begins another request
  std::atomic<bool> aborting = false;  // queued requests are refused instead of run
};

// Runs on the socket's executor, a strand.
class Connection {
 public:
  static std::shared_ptr<Connection> make(boost::asio::ip::tcp::socket socket, ConnectionContext& context);
  virtual ~Connection() = default;

  // Until the connection ends. The caller keeps `this` alive.
  virtual boost::asio::awaitable<void> serve() = 0;
  // Instead of serve(): 503, then the end.
  virtual boost::asio::awaitable<void> refuse() = 0;

  // From any thread. kIdle: ends it unless a request is being handled; kNow: breaks that off as well.
  enum class End : uint8_t { kIdle, kNow };
  virtual void end(End how) = 0;
};

}  // namespace magnetite::http
