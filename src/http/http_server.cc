#include "http/http_server.h"

#include <boost/asio/co_spawn.hpp>

#include "base/logging.h"
#include "http/connection.h"
#include "process/cpu_profile.h"

namespace magnetite::http {
namespace {

namespace asio = boost::asio;

class HttpServerImpl final : public HttpServer {
 public:
  HttpServerImpl(Executor& executor, server::Server& server, query::sql::Engine& engine, access::Gatekeeper& gatekeeper,
                 HttpOptions options)
      : options_(std::move(options)),
        executor_(executor),
        profiler_(executor),
        service_(server, engine, gatekeeper, options_, executor.clock()),
        bodies_(options_.bodies_bytes_max),
        write_pool_(executor, {"http-write", options_.write_threads, options_.write_queue_max}),
        query_pool_(executor, {"http-query", options_.query_threads, options_.query_queue_max}),
        admin_pool_(executor, {"http-admin", 1, kAdminQueueMax}),
        profile_pool_(executor, {"http-profile", 2, kProfileQueueMax}),
        context_{service_, write_pool_, query_pool_, admin_pool_, profile_pool_, bodies_, options_, executor.clock()},
        connections_(executor) {
    service_.set_profiler(&profiler_);
    service_.set_edge_state([this] {
      return EdgeState{.connections = connections_.size(),
                       .writes_queued = write_pool_.queued_jobs(),
                       .queries_queued = query_pool_.queued_jobs(),
                       .body_bytes = bodies_.bytes()};
    });
  }

  ~HttpServerImpl() override { stop(std::chrono::seconds(0)); }

  void serve(net::Arrival&& arrival) override {
    const auto executor = arrival.stream->get_executor();
    const std::shared_ptr<Connection> connection = Connection::make(std::move(arrival), context_);
    connections_.add(connection);
    asio::co_spawn(executor, connection->run(), [this, connection](const std::exception_ptr& thrown) {
      connections_.remove(connection.get());
      if (thrown != nullptr) log::error("BUG: a connection ended by an exception");
    });
  }

  void stop(std::chrono::seconds drain) override {
    if (context_.stopping.exchange(true)) return;
    profiler_.stop();
    // Those without a request go; the others have until the deadline, then they are broken off.
    connections_.end_all(Connection::End::kIdle);
    if (!connections_.wait_until_empty(executor_.clock().mono_now() + drain)) {
      context_.aborting = true;
      connections_.end_all(Connection::End::kNow);
    }
    write_pool_.stop();
    query_pool_.stop();
    admin_pool_.stop();
    profile_pool_.stop();
    connections_.end_all(Connection::End::kNow);
    constexpr std::chrono::seconds kUnwind{5};
    connections_.wait_until_empty(executor_.clock().mono_now() + kUnwind);
  }

 private:
  static constexpr size_t kAdminQueueMax = 64;
  static constexpr size_t kProfileQueueMax = 4;

  const HttpOptions options_;
  Executor& executor_;
  process::CpuProfiler profiler_;
  Service service_;
  BodyBudget bodies_;
  WorkerPool write_pool_;
  WorkerPool query_pool_;
  WorkerPool admin_pool_;    // metrics and status answer also when all queries hang
  WorkerPool profile_pool_;  // two threads: one takes a profile, the other tells who else wants one
  ConnectionContext context_;
  net::ConnectionSet connections_;
};

}  // namespace

std::unique_ptr<HttpServer> HttpServer::make(Executor& executor, server::Server& server, query::sql::Engine& engine,
                                             access::Gatekeeper& gatekeeper, HttpOptions options) {
  return std::make_unique<HttpServerImpl>(executor, server, engine, gatekeeper, std::move(options));
}

}  // namespace magnetite::http
