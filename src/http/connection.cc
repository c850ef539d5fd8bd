#include "http/connection.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "base/logging.h"
#include "http/answers.h"
#include "query/sql/engine.h"

namespace magnetite::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr uint32_t kHeadBytesMax = 16 * 1024;

// Runs `body` on the pool and resumes the coroutine where it was.
template <class T>
asio::awaitable<Result<T>> run_on(WorkerPool& pool, std::move_only_function<Result<T>()> body) {
  const auto executor = co_await asio::this_coro::executor;
  auto start = [&pool, executor, body = std::move(body)](auto handler) mutable {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    const auto finish = [shared, executor](Result<T> result) {
      asio::post(executor, [shared, result = std::move(result)]() mutable { (*shared)(std::move(result)); });
    };
    auto submitted = pool.submit([body = std::move(body), finish]() mutable { finish(body()); });
    if (!submitted) finish(std::unexpected(std::move(submitted).error()));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<T>)>(std::move(start),
                                                                                           asio::use_awaitable);
}

std::string lower(std::string_view text) {
  std::string out(text.substr(0, text.find(';')));
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

class Connection {
 public:
  Connection(asio::ip::tcp::socket socket, ConnectionContext& context)
      : stream_(std::move(socket)), context_(context) {}

  asio::awaitable<void> serve() {
    stream_.socket().set_option(asio::ip::tcp::no_delay(true));
    while (!context_.stopping) {
      if (!co_await serve_request()) break;
    }
    error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    // A client that still sends must not lose the answer to a reset: read what comes, for a moment.
    std::array<char, 4096> rest;
    stream_.expires_after(std::chrono::seconds(1));
    for (int i = 0; i < 256; ++i) {
      const auto [code, size] = co_await stream_.async_read_some(asio::buffer(rest), kNoThrow);
      if (code || size == 0) break;
    }
  }

 private:
  using Parser = bhttp::request_parser<bhttp::buffer_body>;

  // False when the connection ends.
  asio::awaitable<bool> serve_request() {
    Parser parser;
    parser.header_limit(kHeadBytesMax);
    parser.body_limit(boost::none);  // counted here, while reading
    stream_.expires_after(context_.options.idle_timeout);
    if (const auto [code, size] = co_await bhttp::async_read_header(stream_, buffer_, parser, kNoThrow); code) {
      if (code == bhttp::error::end_of_stream || code == beast::error::timeout || !is_bad_head(code)) co_return false;
      Response bad = error_answer(Error(ErrorCode::kInvalidInput, "the request cannot be read: " + code.message()), Api::kV3);
      if (code == bhttp::error::header_limit) bad.status = 431;
      bad.close = true;
      co_await write(bad, 11, false, false);
      co_return false;
    }
    Request request = head_of(parser.get());
    const unsigned version = parser.get().version();
    const bool head_only = request.method == "HEAD";
    bool keep_alive = parser.get().keep_alive();

    std::optional<Response> early = context_.service.refuse_early(request);
    if (!early) early = refuse_body(parser);
    if (early) {
      early->close = early->close || !parser.is_done();  // its body stays unread
      co_await write(*early, version, keep_alive, head_only);
      co_return keep_alive && !early->close;
    }
    if (lower(parser.get()[bhttp::field::expect]) == "100-continue") {
      bhttp::response<bhttp::empty_body> go_on(bhttp::status::continue_, version);
      if (const auto [code, size] = co_await bhttp::async_write(stream_, go_on, kNoThrow); code) co_return false;
    }
    uint64_t held = 0;
    std::optional<Response> failed = co_await read_body(parser, request.body, held);
    if (failed) {
      context_.bodies_bytes -= held;
      if (failed->status != 0) co_await write(*failed, version, false, head_only);
      co_return false;
    }
    request.cancellation = std::make_shared<query::sql::Cancellation>();
    ++context_.requests_running;
    Response response = co_await handle(std::move(request));
    context_.bodies_bytes -= held;
    keep_alive = keep_alive && !response.close && !context_.stopping;
    const bool written = co_await write(response, version, keep_alive, head_only);
    --context_.requests_running;
    co_return written && keep_alive;
  }

  static bool is_bad_head(const error_code& code) {
    return code.category() == bhttp::make_error_code(bhttp::error::bad_method).category();
  }

  static Request head_of(const bhttp::request<bhttp::buffer_body>& head) {
    Request request;
    request.method = head.method_string();
    const std::string_view target = head.target();
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string_view::npos) request.parameters = Parameters::parse(target.substr(question + 1));
    request.content_type = lower(head[bhttp::field::content_type]);
    request.content_encoding = lower(head[bhttp::field::content_encoding]);
    request.accept = head[bhttp::field::accept];
    return request;
  }

  std::optional<Response> refuse_body(const Parser& parser) const {
    const auto length = parser.content_length();
    if (!length || *length <= context_.options.body_bytes_max) return std::nullopt;
    return too_large();
  }

  Response too_large() const {
    Response response = error_answer(
        Error(ErrorCode::kTooLarge, fmt::format("the body is larger than {} bytes (--max-http-request-size); send it in parts",
                                                context_.options.body_bytes_max)), Api::kV2);
    response.close = true;
    return response;
  }

  // nullopt: read whole. A response with status 0: the client is gone.
  asio::awaitable<std::optional<Response>> read_body(Parser& parser, std::string& body, uint64_t& held) {
    if (const auto length = parser.content_length()) body.reserve(*length);
    std::array<char, 64 * 1024> piece;
    Response gone;
    gone.status = 0;
    while (!parser.is_done()) {
      parser.get().body().data = piece.data();
      parser.get().body().size = piece.size();
      stream_.expires_after(context_.options.body_timeout);
      const auto [code, size] = co_await bhttp::async_read_some(stream_, buffer_, parser, kNoThrow);
      const size_t got = piece.size() - parser.get().body().size;
      if (code && code != bhttp::error::need_buffer) {
        if (code == beast::error::timeout) {
          Response late = error_answer(Error(ErrorCode::kDeadlineExceeded, "the body did not arrive in time"), Api::kV2);
          late.close = true;
          co_return late;
        }
        if (code == bhttp::error::partial_message || code == bhttp::error::end_of_stream || !is_bad_head(code)) co_return gone;
        Response bad = error_answer(Error(ErrorCode::kInvalidInput, "the body cannot be read: " + code.message()), Api::kV2);
        bad.close = true;
        co_return bad;
      }
      if (body.size() + got > context_.options.body_bytes_max) co_return too_large();
      held += got;
      if ((context_.bodies_bytes += got) > context_.options.bodies_bytes_max) {
        Response busy = error_answer(Error(ErrorCode::kResourceExhausted, "too many bodies are being received"), Api::kV2);
        busy.close = true;
        co_return busy;
      }
      body.append(piece.data(), got);
    }
    co_return std::nullopt;
  }

  asio::awaitable<Response> handle(Request request) {
    const Lane lane = Service::lane_of(request.path);
    if (lane == Lane::kQuick) co_return context_.service.handle(std::move(request));
    const Api api = request.path.starts_with("/api/v2") ? Api::kV2 : Api::kV3;
    WatchDisconnect watch(*this, request.cancellation);
    auto body = [this, request = std::move(request)]() mutable -> Result<Response> {
      return context_.service.handle(std::move(request));
    };
    WorkerPool& pool = lane == Lane::kWrite ? context_.write_pool : context_.query_pool;
    Result<Response> response = co_await run_on<Response>(pool, std::move(body));
    if (!response) co_return error_answer(response.error(), api);
    co_return *std::move(response);
  }

  // While a request is handled: a client that closes its side cancels the query.
  class WatchDisconnect {
   public:
    WatchDisconnect(Connection& connection, std::shared_ptr<query::sql::Cancellation> cancellation)
        : connection_(connection) {
      connection_.stream_.expires_never();
      auto& socket = connection_.stream_.socket();
      socket.async_wait(asio::ip::tcp::socket::wait_read, [&socket, cancellation](const error_code& code) {
        if (code) return;  // cancelled: the request is done
        char byte;
        error_code failed;
        const size_t size = socket.receive(asio::buffer(&byte, 1), asio::ip::tcp::socket::message_peek, failed);
        if (failed || size == 0) cancellation->cancel();  // otherwise the next request is there already
      });
    }
    ~WatchDisconnect() { connection_.stream_.socket().cancel(); }

   private:
    Connection& connection_;
  };

  template <class Message>
  void set_common(Message& message, const Response& response, bool keep_alive) {
    message.keep_alive(keep_alive);
    message.set(bhttp::field::server, "magnetite");
    message.set("X-Influxdb-Version", "0.1.0");
    message.set("Access-Control-Allow-Origin", "*");
    if (!response.content_type.empty()) message.set(bhttp::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) message.set(name, value);
  }

  asio::awaitable<bool> write(Response& response, unsigned version, bool keep_alive, bool head_only) {
    keep_alive = keep_alive && !response.close;
    stream_.expires_after(context_.options.body_timeout);
    if (response.next_piece && version >= 11) co_return co_await write_stream(response, version, keep_alive, head_only);
    if (response.next_piece) {  // HTTP/1.0 knows no chunks: the end of the connection is the end of the body
      Response whole = std::move(response);
      while (true) {
        auto more = co_await next_piece(whole);
        if (!more) co_return false;
        if (more->empty()) break;
        whole.body += *more;
      }
      whole.next_piece = nullptr;
      co_return co_await write(whole, version, keep_alive, head_only);
    }
    bhttp::response<bhttp::string_body> message(static_cast<bhttp::status>(response.status), version);
    set_common(message, response, keep_alive);
    const size_t size = response.body.size();
    if (!head_only) message.body() = std::move(response.body);
    if (response.status != 204) message.content_length(size);
    const auto [code, written] = co_await bhttp::async_write(stream_, message, kNoThrow);
    co_return !code;
  }

  asio::awaitable<bool> write_stream(Response& response, unsigned version, bool keep_alive, bool head_only) {
    bhttp::response<bhttp::empty_body> message(static_cast<bhttp::status>(response.status), version);
    set_common(message, response, keep_alive);
    message.chunked(true);
    bhttp::response_serializer<bhttp::empty_body> serializer(message);
    if (const auto [code, size] = co_await bhttp::async_write_header(stream_, serializer, kNoThrow); code) co_return false;
    if (head_only) co_return keep_alive;
    std::string piece = std::move(response.body);
    while (true) {
      if (!piece.empty()) {
        stream_.expires_after(context_.options.body_timeout);
        const auto [code, size] = co_await asio::async_write(stream_, bhttp::make_chunk(asio::buffer(piece)), kNoThrow);
        if (code) co_return false;
      }
      Result<std::string> more = co_await next_piece(response);
      if (!more) {  // no terminating chunk: the client sees that the answer is not whole
        log::warn("a result broke off", {{"error", more.error().describe()}});
        co_return false;
      }
      if (more->empty()) break;
      piece = *std::move(more);
    }
    const auto [code, size] = co_await asio::async_write(stream_, bhttp::make_chunk_last(), kNoThrow);
    co_return !code;
  }

  // Empty at the end.
  asio::awaitable<Result<std::string>> next_piece(Response& response) {
    stream_.expires_never();
    co_return co_await run_on<std::string>(context_.query_pool, [&response]() -> Result<std::string> {
      std::string piece;
      while (piece.empty()) {
        MAGNETITE_TRY(const bool more, response.next_piece(piece));
        if (!more) break;
      }
      return piece;
    });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  ConnectionContext& context_;
};

}  // namespace

asio::awaitable<void> serve_connection(asio::ip::tcp::socket socket, ConnectionContext& context) {
  Connection connection(std::move(socket), context);
  co_await connection.serve();
}

}  // namespace magnetite::http
