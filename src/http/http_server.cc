#include "http/http_server.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/logging.h"
#include "http/connection.h"
#include "http/connection_set.h"

namespace magnetite::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct HostPort {
  std::string host;
  std::string port;
};

Result<HostPort> split_address(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon + 1 == address.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("address '{}' must be host:port", address));
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return HostPort{std::move(host), address.substr(colon + 1)};
}

class HttpServerImpl final : public HttpServer {
 public:
  HttpServerImpl(Executor& executor, server::Server& server, query::sql::Engine& engine, HttpOptions options)
      : options_(std::move(options)),
        executor_(executor),
        service_(server, engine, options_, executor.clock()),
        bodies_(options_.bodies_bytes_max),
        write_pool_(executor, {"http-write", options_.write_threads, options_.write_queue_max}),
        query_pool_(executor, {"http-query", options_.query_threads, options_.query_queue_max}),
        admin_pool_(executor, {"http-admin", 1, kAdminQueueMax}),
        context_{service_, write_pool_, query_pool_, admin_pool_, bodies_, options_, executor.clock()},
        connections_(executor),
        acceptor_(io_),
        work_(asio::make_work_guard(io_)) {
    service_.set_edge_state([this] {
      return EdgeState{connections_.size(), write_pool_.queued_jobs(), query_pool_.queued_jobs(), bodies_.bytes()};
    });
  }

  ~HttpServerImpl() override { stop(std::chrono::seconds(0)); }

  Result<> begin() {
    MAGNETITE_TRY(const HostPort place, split_address(options_.bind_address));
    error_code code;
    tcp::resolver resolver(io_);
    const auto found = resolver.resolve(place.host, place.port, tcp::resolver::passive, code);
    const auto failed = [&] {
      return fail(ErrorCode::kUnavailable,
                  fmt::format("cannot listen on {} (--api-bind): {}", options_.bind_address, code.message()));
    };
    if (code) return failed();
    const tcp::endpoint endpoint = found.begin()->endpoint();
    if (acceptor_.open(endpoint.protocol(), code)) return failed();
    acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
    if (acceptor_.bind(endpoint, code) || acceptor_.listen(asio::socket_base::max_listen_connections, code))
      return failed();
    const tcp::endpoint local = acceptor_.local_endpoint(code);
    address_ = local.address().is_v6() ? fmt::format("[{}]:{}", local.address().to_string(), local.port())
                                       : fmt::format("{}:{}", local.address().to_string(), local.port());
    asio::co_spawn(io_, accept(), asio::detached);
    for (size_t i = 0; i < options_.io_threads; ++i)
      threads_.push_back(executor_.spawn("http-io", [this] { io_.run(); }));
    return {};
  }

  std::string address() const override { return address_; }

  void stop(std::chrono::seconds drain) override {
    if (threads_.empty()) return;
    // Nobody new; those without a request go; the others have until the deadline, then they are broken off.
    context_.stopping = true;
    asio::post(io_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
    });
    connections_.end_all(Connection::End::kIdle);
    if (!connections_.wait_until_empty(executor_.clock().mono_now() + drain)) {
      context_.aborting = true;
      connections_.end_all(Connection::End::kNow);
    }
    write_pool_.stop();
    query_pool_.stop();
    admin_pool_.stop();
    connections_.end_all(Connection::End::kNow);
    constexpr std::chrono::seconds kUnwind{5};
    connections_.wait_until_empty(executor_.clock().mono_now() + kUnwind);
    io_.stop();
    threads_.clear();
  }

 private:
  static constexpr size_t kAdminQueueMax = 64;

  asio::awaitable<void> accept() {
    while (!context_.stopping) {
      auto [code, socket] = co_await acceptor_.async_accept(asio::any_io_executor(asio::make_strand(io_)),
                                                            asio::as_tuple(asio::use_awaitable));
      if (code == asio::error::operation_aborted || code == asio::error::bad_descriptor) co_return;
      if (code) {  // e.g. out of descriptors: others must close first
        log::warn("a connection could not be accepted", {{"error", code.message()}});
        asio::steady_timer wait(io_, std::chrono::milliseconds(100));
        co_await wait.async_wait(asio::as_tuple(asio::use_awaitable));
        continue;
      }
      serve(std::move(socket));
    }
  }

  void serve(tcp::socket socket) {
    // Those beyond the limit are told so, unless there are many of them as well.
    const size_t open = connections_.size();
    if (open >= options_.connections_max + kRefusedMax) return;
    const bool refused = open >= options_.connections_max;
    const auto executor = socket.get_executor();
    const std::shared_ptr<Connection> connection = Connection::make(std::move(socket), context_);
    connections_.add(connection);
    asio::co_spawn(executor, refused ? connection->refuse() : connection->serve(),
                   [this, connection](const std::exception_ptr& thrown) {
                     connections_.remove(connection.get());
                     if (thrown != nullptr) log::error("BUG: a connection ended by an exception");
                   });
  }

  static constexpr size_t kRefusedMax = 100;

  const HttpOptions options_;
  Executor& executor_;
  Service service_;
  BodyBudget bodies_;
  WorkerPool write_pool_;
  WorkerPool query_pool_;
  WorkerPool admin_pool_;  // metrics and status answer also when all queries hang
  ConnectionContext context_;
  ConnectionSet connections_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::string address_;
  std::vector<Task> threads_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(Executor& executor, server::Server& server,
                                                      query::sql::Engine& engine, HttpOptions options) {
  auto started = std::make_unique<HttpServerImpl>(executor, server, engine, std::move(options));
  MAGNETITE_RETURN_IF_ERROR(started->begin());
  return started;
}

}  // namespace magnetite::http
