#include "http/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_suffix.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/logging.h"
#include "http/body_codec.h"
#include "http/status.h"
#include "net/request_id.h"
#include "process/version.h"
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

// A header value without parameters, in lower case.
std::string word_of(std::string_view text) {
  std::string out(text.substr(0, text.find(';')));
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

// `http://host/path` of proxies and `/path` mean the same.
std::string_view without_authority(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (!target.starts_with(kScheme)) return target;
  const size_t slash = target.find('/', kScheme.size());
  return slash == std::string_view::npos ? "/" : target.substr(slash);
}

bool is_loopback(net::Stream::Socket& socket) {
  error_code failed;
  asio::ip::address peer = socket.remote_endpoint(failed).address();
  if (failed) return false;
  if (peer.is_v6() && peer.to_v6().is_v4_mapped()) peer = asio::ip::make_address_v4(asio::ip::v4_mapped, peer.to_v6());
  return peer.is_loopback();
}

class ConnectionImpl final : public Connection, public std::enable_shared_from_this<ConnectionImpl> {
 public:
  ConnectionImpl(net::Arrival arrival, ConnectionContext& context)
      : stream_(std::move(arrival.stream)),
        place_(std::move(arrival.place)),
        is_refused_(arrival.is_refused),
        peer_is_local_(is_loopback(stream_->socket())),
        timer_(stream_->get_executor()),
        context_(context) {
    const std::string& first = arrival.first_bytes;
    buffer_.commit(asio::buffer_copy(buffer_.prepare(first.size()), asio::buffer(first)));
  }

  asio::awaitable<void> run() override {
    if (is_refused_) {
      co_await refuse();
    } else {
      while (co_await serve_request()) {
        if (buffer_.size() == 0 && buffer_.capacity() > kIdleBytesMax) buffer_ = beast::flat_buffer();
      }
    }
    co_await linger();
  }

  void end(End how) override {
    asio::post(stream_->get_executor(), [self = shared_from_this(), how] {
      if (how == End::kIdle) return self->idle_ ? self->stream_->cancel() : void();
      if (self->cancellation_ != nullptr) self->cancellation_->cancel();
      self->stream_->close();
    });
  }

 private:
  using Parser = bhttp::request_parser<bhttp::buffer_body>;
  static constexpr size_t kIdleBytesMax = 16 * 1024;  // what an idle connection may keep

  // What an answer must know of its request.
  struct Head {
    unsigned version = 11;
    bool keep_alive = true;
    bool body_unwanted = false;  // HEAD
    Api api = Api::kV3;
    std::string request_id;
  };

  auto within(std::chrono::milliseconds timeout) { return asio::cancel_after(timer_, timeout, kNoThrow); }

  asio::awaitable<void> refuse() {
    Head head;
    head.request_id = net::request_id([](std::string_view) { return std::string_view(); });
    Response response = error_answer(Error(ErrorCode::kUnavailable, "too many connections"), Api::kV1);
    co_await answer_and_end(response, head);
  }

  std::chrono::milliseconds milliseconds_until(MonoTime deadline) const {
    const Duration left = deadline - context_.clock.mono_now();
    return std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(left));
  }

  // False when the connection ends.
  asio::awaitable<bool> serve_request() {
    Parser parser;
    parser.header_limit(kHeadBytesMax);
    parser.body_limit(boost::none);  // counted here, while reading
    if (context_.stopping) co_return false;
    idle_ = true;
    const auto [code, size] =
        co_await bhttp::async_read_header(*stream_, buffer_, parser, within(context_.options.idle_timeout));
    idle_ = false;
    Head head;
    head.request_id = net::request_id([&](std::string_view name) {
      const auto found = code ? parser.get().end() : parser.get().find(name);
      return found == parser.get().end() ? std::string_view() : std::string_view(found->value());
    });
    if (code) {
      if (auto bad = bad_head(code, parser.got_some() && !context_.stopping)) co_await answer_and_end(*bad, head);
      co_return false;
    }
    Request request = request_of(parser.get(), peer_is_local_);
    request.id = head.request_id;
    request.body_lease = BodyBudget::Lease(context_.bodies);
    head.version = parser.get().version();
    head.keep_alive = parser.get().keep_alive();
    head.body_unwanted = request.method == "HEAD";
    head.api = api_of(request.path);
    const bool wants_100 = head.version >= 11 && word_of(parser.get()[bhttp::field::expect]) == "100-continue";

    std::optional<Response> early = context_.service.refuse_early(request);
    const uint64_t body_bytes_max = context_.service.body_bytes_max(request.path);
    const uint64_t announced = parser.content_length().value_or(0);
    if (!early && announced > body_bytes_max) early = error_answer(body_too_large(body_bytes_max), head.api);
    if (early) {
      context_.service.record(request, *early, Duration(0));
      // A small body is read, so that the connection can go on; a large one, or one not yet sent, is not wanted.
      const bool chunked = parser.chunked();
      if (wants_100 || chunked || announced > kHeadBytesMax) co_return co_await answer_and_end(*early, head);
    } else if (wants_100 && !parser.is_done()) {
      bhttp::response<bhttp::empty_body> go_on(bhttp::status::continue_, head.version);
      const auto [failed, sent] = co_await bhttp::async_write(*stream_, go_on, within(context_.options.body_timeout));
      if (failed) co_return false;
    }
    if (auto failed = co_await read_body(parser, body_bytes_max, request, head.api)) {
      context_.service.record(request, *failed, Duration(0));
      co_return co_await answer_and_end(*failed, head);
    }
    if (early) co_return co_await write(*early, head);
    co_return co_await handle_and_answer(std::move(request), head);
  }

  static Request request_of(const bhttp::request<bhttp::buffer_body>& head, bool peer_is_local) {
    Request request;
    request.method = head.method_string();
    const std::string_view target = without_authority(head.target());
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string_view::npos) request.parameters = Parameters::parse(target.substr(question + 1));
    request.content_type = word_of(head[bhttp::field::content_type]);
    request.content_encoding = word_of(head[bhttp::field::content_encoding]);
    request.accept = head[bhttp::field::accept];
    request.authorization = head[bhttp::field::authorization];
    // Who comes through a proxy, or is sent by a page that a browser on this machine shows, has other words as well.
    const bool is_sent_on = head.count(bhttp::field::origin) > 0 || head.count(bhttp::field::forwarded) > 0 ||
                            head.count("X-Forwarded-For") > 0 || head.count("X-Real-IP") > 0 ||
                            head.count(bhttp::field::via) > 0;
    request.is_local = peer_is_local && !is_sent_on;
    return request;
  }

  static bool is_of_parser(const error_code& code) {
    return code.category() == bhttp::make_error_code(bhttp::error::bad_method).category();
  }

  // nullopt: the client is gone, or never asked anything.
  static std::optional<Response> bad_head(const error_code& code, bool got_some) {
    if (code == asio::error::operation_aborted && got_some)
      return error_answer(Error(ErrorCode::kInvalidInput, "the request did not arrive in time"), Api::kV3, 408);
    if (code == bhttp::error::end_of_stream || !is_of_parser(code)) return std::nullopt;
    if (code == bhttp::error::header_limit)
      return error_answer(Error(ErrorCode::kInvalidInput, "the head of the request is too large"), Api::kV3, 431);
    return error_answer(Error(ErrorCode::kInvalidInput, "the request cannot be read: " + code.message()), Api::kV3);
  }

  // nullopt: the body is there, whole. One whose length is known goes from the socket straight to its place.
  asio::awaitable<std::optional<Response>> read_body(Parser& parser, uint64_t bytes_max, Request& request, Api api) {
    constexpr uint64_t kFirstBytes = 64 * 1024;              // for whoever only announces much
    constexpr uint64_t kSecondBytes = 4 * 1024 * 1024;       // so that common bodies are copied once at most
    constexpr std::chrono::milliseconds kPatienceOfByte{1};  // a trickle must not hold memory for ever
    const bool is_sized = parser.content_length().has_value();
    const uint64_t expected = parser.content_length().value_or(UINT64_MAX);
    const MonoTime started = context_.clock.mono_now();
    std::string& body = request.body;
    size_t used = 0;
    if (parser.chunked()) buffer_.reserve(kFirstBytes);  // else it is filled in small pieces
    while (is_sized ? used < expected : !parser.is_done()) {
      if (used == body.size()) {
        // One byte more than allowed shows that there is more.
        const uint64_t wanted = used == 0 ? kFirstBytes : std::max<uint64_t>(kSecondBytes, 2 * used);
        const uint64_t bytes = std::min({wanted, expected, bytes_max + 1});
        if (!request.body_lease.add(bytes - used)) co_return error_answer(bodies_too_many(), api);
        body.resize_and_overwrite(bytes, [](char*, size_t size) { return size; });
      }
      const auto patience = context_.options.body_timeout;
      const MonoTime deadline = started + (patience + kPatienceOfByte * used);
      const auto left = std::min(patience, milliseconds_until(deadline));
      const asio::mutable_buffer free(body.data() + used, body.size() - used);
      if (!is_sized) {
        parser.get().body().data = free.data();
        parser.get().body().size = free.size();
        const auto [code, size] = co_await bhttp::async_read_some(*stream_, buffer_, parser, within(left));
        used = body.size() - parser.get().body().size;
        if (code && code != bhttp::error::need_buffer) co_return bad_body(code, api);
      } else if (buffer_.size() > 0) {  // came with the head
        const size_t size = asio::buffer_copy(free, buffer_.data());
        buffer_.consume(size);
        used += size;
      } else {
        const auto [code, size] = co_await stream_->async_read_some(free, within(left));
        used += size;
        if (code) co_return bad_body(code, api);
      }
      if (used > bytes_max) co_return error_answer(body_too_large(bytes_max), api);
    }
    body.resize(used);
    co_return std::nullopt;
  }

  static Response bad_body(const error_code& code, Api api) {
    if (code == asio::error::operation_aborted)
      return error_answer(Error(ErrorCode::kInvalidInput, "the body did not arrive in time"), api, 408);
    if (code == bhttp::error::partial_message || code == asio::error::eof)
      return error_answer(Error(ErrorCode::kInvalidInput, "the body ended half-way; nothing was stored"), api);
    if (is_of_parser(code))
      return error_answer(Error(ErrorCode::kInvalidInput, "the body cannot be read: " + code.message()), api);
    return error_answer(Error(ErrorCode::kCancelled, "the client is gone"), api);
  }

  asio::awaitable<bool> handle_and_answer(Request request, Head& head) {
    const Lane lane = Service::lane_of(request.path);
    if (lane == Lane::kQuick) {
      Response response = context_.service.handle(std::move(request));
      co_return co_await write(response, head);
    }
    WorkerPool& pool = lane == Lane::kWrite   ? context_.write_pool
                       : lane == Lane::kQuery ? context_.query_pool
                       : lane == Lane::kAdmin ? context_.admin_pool
                                              : context_.profile_pool;
    if (lane == Lane::kQuery || lane == Lane::kProfile) {
      request.cancellation = std::make_shared<query::sql::Cancellation>();
      cancellation_ = request.cancellation;
      // Nobody waits for the answer of a client that is gone.
      stream_->watch_client([cancellation = request.cancellation] { cancellation->cancel(); });
    }
    request.body_bytes = request.body.size();
    auto handle = [this, request = std::move(request)]() mutable -> Result<Response> {
      if (context_.aborting) return fail(ErrorCode::kShutdown, "the server is stopping");
      return context_.service.handle(std::move(request));
    };
    Result<Response> response = co_await run_on<Response>(pool, std::move(handle));
    if (!response) response = error_answer(response.error(), head.api);
    const bool goes_on = co_await write(*response, head);
    stream_->unwatch_client();
    cancellation_ = nullptr;
    co_return goes_on;
  }

  asio::awaitable<bool> answer_and_end(Response& response, Head& head) {
    response.close = true;
    co_await write(response, head);
    co_return false;
  }

  void set_common(bhttp::fields& fields, const Response& response, const Head& head) const {
    fields.set(bhttp::field::server, "Magnetite");
    fields.set("X-Influxdb-Version", process::version());
    fields.set("X-Influxdb-Build", "Magnetite");
    fields.set("Request-Id", head.request_id);
    fields.set("X-Request-Id", head.request_id);
    fields.set(bhttp::field::access_control_allow_origin, "*");
    if (!response.content_type.empty()) fields.set(bhttp::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) fields.set(name, value);
  }

  // True when the connection can go on.
  asio::awaitable<bool> write(Response& response, Head& head) {
    head.keep_alive = head.keep_alive && !response.close && !context_.stopping;
    if (response.status == kStatusNoAnswer) co_return false;
    if (response.next_piece) co_return co_await write_stream(response, head);
    bhttp::response<bhttp::string_body> message(static_cast<bhttp::status>(response.status), head.version);
    set_common(message, response, head);
    message.keep_alive(head.keep_alive);
    if (response.status != 204) message.content_length(response.body.size());
    if (!head.body_unwanted) message.body() = std::move(response.body);
    const auto [code, size] = co_await bhttp::async_write(*stream_, message, within(context_.options.body_timeout));
    co_return !code && head.keep_alive;
  }

  // While one piece is sent, the next one is made. HTTP/1.0 knows no chunks: there the end of the connection is the end
  // of the body.
  asio::awaitable<bool> write_stream(Response& response, Head& head) {
    using namespace asio::experimental::awaitable_operators;
    const bool chunked = head.version >= 11;
    head.keep_alive = head.keep_alive && chunked;
    bhttp::response<bhttp::empty_body> message(static_cast<bhttp::status>(response.status), head.version);
    set_common(message, response, head);
    message.keep_alive(head.keep_alive);
    if (chunked) message.chunked(true);
    bhttp::response_serializer<bhttp::empty_body> serializer(message);
    const auto [code, size] =
        co_await bhttp::async_write_header(*stream_, serializer, within(context_.options.body_timeout));
    bool sent = !code;
    Result<std::string> piece = std::move(response.body);
    while (sent && piece && !piece->empty()) {  // NOLINT(bugprone-use-after-move): filled again below
      std::tie(sent, piece) = co_await (send_piece(*std::move(piece), chunked) && next_piece(response, head));
    }
    // What is left of a statement is torn down where it may block.
    auto left = std::make_shared<Response::NextPiece>(std::move(response.next_piece));
    if (auto submitted = context_.query_pool.submit([left]() mutable { left.reset(); }); submitted) left.reset();
    if (!sent) co_return false;
    if (!piece) {  // no terminating chunk: the client sees that the answer is not whole
      const bool wished = piece.error().code() == ErrorCode::kCancelled;
      const log::RequestScope scope(head.request_id);
      log::write(wished ? log::Level::kInfo : log::Level::kWarn, "an answer broke off",
                 {{"error", piece.error().describe()}});
      co_return false;
    }
    if (chunked) co_return co_await send(bhttp::make_chunk_last()) && head.keep_alive;
    co_return false;
  }

  asio::awaitable<bool> send_piece(std::string piece, bool chunked) {
    const asio::const_buffer bytes = asio::buffer(piece);
    const bool sent = chunked ? co_await send(bhttp::make_chunk(bytes)) : co_await send(bytes);
    if (!sent) cancellation_->cancel();
    co_return sent;
  }

  // The time-out is of standstill: a slow client may take as long as it takes.
  template <class Buffers>
  asio::awaitable<bool> send(const Buffers& buffers) {
    beast::buffers_suffix<Buffers> rest(buffers);
    while (beast::buffer_bytes(rest) > 0) {
      const auto [code, size] = co_await stream_->async_write_some(rest, within(context_.options.body_timeout));
      if (code) co_return false;
      rest.consume(size);
    }
    co_return true;
  }

  // Empty at the end.
  asio::awaitable<Result<std::string>> next_piece(Response& response, const Head& head) {
    co_return co_await run_on<std::string>(context_.query_pool, [&response, &head]() -> Result<std::string> {
      const log::RequestScope scope(head.request_id);
      std::string piece;
      bool more = true;
      while (more && piece.empty()) {
        MAGNETITE_TRY(more, response.next_piece(piece));
      }
      if (!more) response.next_piece = [](std::string&) -> Result<bool> { return false; };
      return piece;
    });
  }

  // A client that still sends must not lose our answer to a reset: read on for a moment.
  asio::awaitable<void> linger() {
    constexpr std::chrono::milliseconds kPatience{2'000};
    const auto patience = std::min(kPatience, context_.options.body_timeout);
    const MonoTime deadline = context_.clock.mono_now() + patience;
    idle_ = true;
    co_await stream_->end_sending(patience);
    std::array<char, 4096> rest;
    while (!context_.stopping) {
      const auto left = milliseconds_until(deadline);
      if (left.count() == 0) break;
      const auto [code, size] = co_await stream_->async_read_some(asio::buffer(rest), within(left));
      if (code) break;
    }
  }

  const std::unique_ptr<net::Stream> stream_;
  const net::Place place_;
  const bool is_refused_;
  const bool peer_is_local_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  ConnectionContext& context_;
  std::shared_ptr<query::sql::Cancellation> cancellation_;  // of the running query
  bool idle_ = true;                                        // no request is being handled
};

}  // namespace

std::shared_ptr<Connection> Connection::make(net::Arrival arrival, ConnectionContext& context) {
  return std::make_shared<ConnectionImpl>(std::move(arrival), context);
}

}  // namespace magnetite::http
