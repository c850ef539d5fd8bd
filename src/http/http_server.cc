#include "http/http_server.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "base/logging.h"
#include "http/connection.h"

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
        service_(server, engine, options_),
        write_pool_(executor, {"http-write", options_.write_threads, 1024}),
        query_pool_(executor, {"http-query", options_.query_threads, 1024}),
        context_{service_, write_pool_, query_pool_, options_},
        acceptor_(io_),
        work_(asio::make_work_guard(io_)),
        executor_(executor) {}

  ~HttpServerImpl() override { stop(std::chrono::seconds(0)); }

  Result<> begin() {
    MAGNETITE_TRY(const HostPort place, split_address(options_.bind_address));
    error_code code;
    tcp::resolver resolver(io_);
    const auto found = resolver.resolve(place.host, place.port, tcp::resolver::passive, code);
    const auto failed = [&] {
      return fail(ErrorCode::kUnavailable, fmt::format("cannot listen on {} (--api-bind): {}", options_.bind_address, code.message()));
    };
    if (code) return failed();
    const tcp::endpoint endpoint = found.begin()->endpoint();
    if (acceptor_.open(endpoint.protocol(), code)) return failed();
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    if (acceptor_.bind(endpoint, code) || acceptor_.listen(asio::socket_base::max_listen_connections, code)) return failed();
    asio::co_spawn(io_, accept(), asio::detached);
    for (size_t i = 0; i < options_.io_threads; ++i)
      threads_.push_back(executor_.spawn("http-io", [this] { io_.run(); }));
    return {};
  }

  std::string address() const override {
    error_code ignored;
    const tcp::endpoint endpoint = acceptor_.local_endpoint(ignored);
    return fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
  }

  void stop(std::chrono::seconds drain) override {
    if (threads_.empty()) return;
    context_.stopping = true;
    asio::post(io_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
    });
    const MonoTime deadline = executor_.clock().mono_now() + drain;
    while (context_.requests_running > 0 && executor_.clock().mono_now() < deadline) executor_.pause(std::chrono::milliseconds(20));
    io_.stop();
    threads_.clear();
    write_pool_.stop();
    query_pool_.stop();
  }

 private:
  asio::awaitable<void> accept() {
    while (!context_.stopping) {
      auto [code, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
      if (code == asio::error::operation_aborted || code == asio::error::bad_descriptor) co_return;
      if (code) {  // e.g. out of descriptors: others must close first
        log::warn("a connection could not be accepted", {{"error", code.message()}});
        asio::steady_timer wait(io_, std::chrono::milliseconds(100));
        co_await wait.async_wait(asio::as_tuple(asio::use_awaitable));
        continue;
      }
      if (connections_ >= options_.connections_max) continue;  // closes it
      ++connections_;
      asio::co_spawn(io_, serve_connection(std::move(socket), context_), [this](std::exception_ptr thrown) {
        --connections_;
        if (thrown != nullptr) log::error("BUG: a connection ended by an exception");
      });
    }
  }

  const HttpOptions options_;
  Service service_;
  WorkerPool write_pool_;
  WorkerPool query_pool_;
  ConnectionContext context_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  Executor& executor_;
  std::atomic<size_t> connections_ = 0;
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
