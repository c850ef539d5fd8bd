#include "net/listener.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <set>

#include "base/logging.h"
#include "net/address.h"
#include "net/greeting.h"
#include "net/listening_socket.h"

namespace magnetite::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class ListenerImpl final : public Listener {
 public:
  ListenerImpl(Executor& executor, ListenerOptions options, Tls* tls, HttpEdge& http, GrpcEdge& grpc)
      : options_(std::move(options)),
        executor_(executor),
        hangups_(io_),
        connections_(executor),
        work_(asio::make_work_guard(io_)),
        context_{options_, tls, http, grpc, hangups_, connections_, executor.clock()} {}

  ~ListenerImpl() override { stop(); }

  Result<> begin() {
    std::set<std::string> bound;
    for (const Bind& bind : options_.binds)
      if (bound.insert(bind.address).second) MAGNETITE_RETURN_IF_ERROR(listen(bind));
    for (const auto& socket : sockets_) socket->start([this](tcp::socket accepted) { greet(std::move(accepted)); });
    for (size_t i = 0; i < options_.io_threads; ++i)
      threads_.push_back(executor_.spawn("net-io", [this] { io_.run(); }));
    return {};
  }

  std::vector<std::string> addresses() const override { return addresses_; }
  size_t connections() const override { return places_->taken + places_->refused; }

  void stop_accepting() override {
    if (context_.stopping.exchange(true)) return;
    for (const auto& socket : sockets_) socket->stop();
    connections_.end_all(Connection::End::kIdle);
  }

  void stop() override {
    if (threads_.empty()) return;
    stop_accepting();
    connections_.end_all(Connection::End::kNow);
    constexpr std::chrono::seconds kUnwind{5};
    connections_.wait_until_empty(executor_.clock().mono_now() + kUnwind);
    io_.stop();
    threads_.clear();
  }

 private:
  // Every address that the name has; some of them may not exist on this machine.
  Result<> listen(const Bind& bind) {
    MAGNETITE_TRY(const HostPort place, split_address(bind.address));
    error_code code;
    tcp::resolver resolver(io_);
    const auto found = resolver.resolve(place.host, place.port, tcp::resolver::passive, code);
    std::vector<std::string> opened;
    for (const tcp::endpoint endpoint : found) {
      const auto same = [&](const auto& socket) { return socket->endpoint() == endpoint; };
      if (std::ranges::any_of(sockets_, same)) continue;
      const auto socket = std::make_shared<ListeningSocket>(io_, endpoint);
      code = socket->open();
      if (code == asio::error::address_in_use) break;
      if (code) continue;
      sockets_.push_back(socket);
      opened.push_back(to_string(socket->endpoint()));
    }
    if (code == asio::error::address_in_use || (code && opened.empty()))
      return fail(ErrorCode::kUnavailable,
                  fmt::format("cannot listen on {} ({}): {}", bind.address, bind.flag, code.message()));
    addresses_.insert(addresses_.end(), opened.begin(), opened.end());
    return {};
  }

  void greet(tcp::socket socket) {
    Place place(places_, options_.connections_max);
    // Those beyond the limit are told so, unless there are many of them as well.
    if (place.refused_number() > kRefusedMax) return;
    const auto executor = socket.get_executor();
    const auto greeting = std::make_shared<Greeting>(std::move(socket), std::move(place), context_);
    connections_.add(greeting);
    asio::co_spawn(executor, greeting->run(), [this, greeting](const std::exception_ptr& thrown) {
      connections_.remove(greeting.get());
      if (thrown != nullptr) log::error("BUG: a connection ended by an exception");
    });
  }

  static constexpr size_t kRefusedMax = 100;

  const ListenerOptions options_;
  Executor& executor_;
  const std::shared_ptr<Places> places_ = std::make_shared<Places>();
  asio::io_context io_;
  HangupWatch hangups_;
  ConnectionSet connections_;  // those that are greeted, and those of gRPC
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  GreetingContext context_;
  std::vector<std::shared_ptr<ListeningSocket>> sockets_;
  std::vector<std::string> addresses_;
  std::vector<Task> threads_;
};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::start(Executor& executor, ListenerOptions options, Tls* tls, HttpEdge& http,
                                                  GrpcEdge& grpc) {
  auto started = std::make_unique<ListenerImpl>(executor, std::move(options), tls, http, grpc);
  MAGNETITE_RETURN_IF_ERROR(started->begin());
  return started;
}

}  // namespace magnetite::net
