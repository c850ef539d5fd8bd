// One client connection: reads requests, has them handled on the right threads, writes answers, in order.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "base/worker_pool.h"
#include "http/body_budget.h"
#include "http/service.h"
#include "net/connection_set.h"
#include "net/stream.h"

namespace magnetite::http {

// Shared by all connections of a server; outlives them.
struct ConnectionContext {
  Service& service;
  WorkerPool& write_pool;
  WorkerPool& query_pool;
  WorkerPool& admin_pool;
  WorkerPool& profile_pool;
  BodyBudget& bodies;
  const HttpOptions& options;
  Clock& clock;
  std::atomic<bool> stopping = false;  // no connection begins another request
  std::atomic<bool> aborting = false;  // queued requests are refused instead of run
};

// Runs on the stream's executor, a strand.
class Connection : public net::Connection {
 public:
  static std::shared_ptr<Connection> make(net::Arrival arrival, ConnectionContext& context);

  // Until the connection ends; one that is refused is only told so. The caller keeps `this` alive.
  virtual boost::asio::awaitable<void> run() = 0;
};

}  // namespace magnetite::http
