// One client connection: reads requests, has them handled on the right threads, writes answers, in order.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>

#include "base/worker_pool.h"
#include "http/service.h"

namespace magnetite::http {

// Shared by all connections of a server; outlives them.
struct ConnectionContext {
  Service& service;
  WorkerPool& write_pool;
  WorkerPool& query_pool;
  const HttpOptions& options;
  std::atomic<uint64_t> bodies_bytes = 0;  // read and not yet answered
  std::atomic<size_t> requests_running = 0;
  std::atomic<bool> stopping = false;
};

boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket, ConnectionContext& context);

}  // namespace magnetite::http
