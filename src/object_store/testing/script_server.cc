#include "object_store/testing/script_server.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <mutex>

namespace magnetite::object_store::testing {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

// One connection after the other, each kept open until the client closes it or the listener ends.
class ScriptServer::Listener {
 public:
  explicit Listener(ScriptServer& server)
      : server_(server), acceptor_(context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
    acceptor_thread_ = std::jthread([this] { accept(); });
  }
  ~Listener() {
    is_ending_ = true;
    boost::system::error_code ignored;
    tcp::socket wake(context_);
    static_cast<void>(wake.connect(acceptor_.local_endpoint(), ignored));
    acceptor_thread_.join();
    {
      const std::lock_guard lock(closing_);
      for (const auto& socket : sockets_) static_cast<void>(socket->shutdown(tcp::socket::shutdown_both, ignored));
    }
    threads_.clear();
  }

  uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    while (true) {
      boost::system::error_code failed;
      auto socket = std::make_shared<tcp::socket>(context_);
      static_cast<void>(acceptor_.accept(*socket, failed));
      if (failed || is_ending_) return;
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(*socket); });
    }
  }

  void serve(tcp::socket& socket) {
    boost::beast::flat_buffer buffer;
    boost::system::error_code failed;
    while (true) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(uint64_t{64} << 20);
      http::read(socket, buffer, parser, failed);
      if (failed) return;
      const bool is_head = parser.get().method() == http::verb::head;
      const ScriptedAnswer answer = server_.next(seen(parser.get()));
      if (answer.is_lost) {
        const std::lock_guard lock(closing_);
        static_cast<void>(socket.set_option(boost::asio::socket_base::linger(true, 0), failed));
        static_cast<void>(socket.close(failed));
        return;
      }
      http::response<http::string_body> response(static_cast<http::status>(answer.status), 11);
      for (const auto& [name, value] : answer.headers) response.set(name, value);
      if (!is_head) {
        response.body() = answer.body;
        response.prepare_payload();
      }
      http::response_serializer<http::string_body> serializer(response);
      if (is_head) {
        http::write_header(socket, serializer, failed);
      } else {
        http::write(socket, serializer, failed);
      }
      if (failed) return;
    }
  }

  static SeenRequest seen(const http::request<http::string_body>& request) {
    SeenRequest seen{std::string(request.method_string()), std::string(request.target()), {}, request.body()};
    for (const auto& field : request) {
      std::string name(field.name_string());
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      seen.headers[name] = field.value();
    }
    return seen;
  }

  ScriptServer& server_;
  std::atomic<bool> is_ending_ = false;
  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<tcp::socket>> sockets_;  // of the accepting thread, until that has ended
  std::mutex closing_;                                 // a connection may be closed from either end of ours
  std::vector<std::jthread> threads_;
  std::jthread acceptor_thread_;
};

ScriptServer::ScriptServer() : listener_(std::make_unique<Listener>(*this)) {}
ScriptServer::~ScriptServer() = default;

std::string ScriptServer::url() const { return "http://127.0.0.1:" + std::to_string(listener_->port()); }

void ScriptServer::answer(ScriptedAnswer answer) {
  const MutexLock lock(mutex_);
  answers_.push_back(std::move(answer));
}

std::vector<SeenRequest> ScriptServer::seen() const {
  const MutexLock lock(mutex_);
  return seen_;
}

ScriptedAnswer ScriptServer::next(SeenRequest request) {
  const MutexLock lock(mutex_);
  seen_.push_back(std::move(request));
  if (answers_.empty()) return {.status = 500, .body = "no answer scripted"};
  ScriptedAnswer answer = std::move(answers_.front());
  answers_.pop_front();
  return answer;
}

}  // namespace magnetite::object_store::testing
