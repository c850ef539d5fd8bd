// One accepted connection as bytes, with or without TLS. Heavy header: for .cc files.
#pragma once

#include <atomic>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/container/static_vector.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/hangup_watch.h"

namespace magnetite::net {

// An AsyncReadStream and AsyncWriteStream of Asio whose operations are not templates below: code that reads and writes
// is compiled once for TCP and TLS. Used on its executor, a strand, only; one read and one write may run at the same
// time. Operations can be cancelled; a stream whose operation was cancelled is good for saying so and closing.
class Stream {
 public:
  using executor_type = boost::asio::any_io_executor;
  using Socket = boost::asio::ip::tcp::socket;

  static std::unique_ptr<Stream> tcp(Socket socket, HangupWatch& hangups);
  // A TLS server that has yet to shake hands.
  static std::unique_ptr<Stream> tls(Socket socket, HangupWatch& hangups, boost::asio::ssl::context& context);
  virtual ~Stream() = default;

  executor_type get_executor() { return socket().get_executor(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, Signature>(StartRead{{this}}, token, gather<ReadBuffers>(buffers));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, Signature>(StartWrite{{this}}, token, gather<WriteBuffers>(buffers));
  }

  // False: not in time, or no TLS. `first_bytes` were read from the socket already. Without TLS there is nothing to do.
  virtual boost::asio::awaitable<bool> shake_hands(std::string_view first_bytes, std::chrono::milliseconds timeout) = 0;
  // Tells the client that nothing more comes. After it, reads only serve to see the client go: what they deliver means
  // nothing.
  virtual boost::asio::awaitable<void> end_sending(std::chrono::milliseconds timeout) = 0;
  void cancel();  // ends running operations
  void close();   // that as well; idempotent

  // Calls `gone` once the client sends no more or is gone, on any thread; reads nothing. One at a time.
  void watch_client(std::function<void()> gone);
  void unwatch_client() { watch_ = {}; }

  virtual Socket& socket() = 0;

 protected:
  using Signature = void(boost::system::error_code, size_t);
  using Handler = boost::asio::any_completion_handler<Signature>;
  static constexpr size_t kBuffersMax = 16;  // of one operation; more are taken by the next
  using ReadBuffers = boost::container::static_vector<boost::asio::mutable_buffer, kBuffersMax>;
  using WriteBuffers = boost::container::static_vector<boost::asio::const_buffer, kBuffersMax>;

  explicit Stream(HangupWatch& hangups) : hangups_(hangups) {}
  virtual void start_read(const ReadBuffers& buffers, Handler handler) = 0;
  virtual void start_write(const WriteBuffers& buffers, Handler handler) = 0;

 private:
  // Asio asks the beginning of an operation where it runs.
  struct Start {
    using executor_type = Stream::executor_type;
    executor_type get_executor() const { return stream->get_executor(); }
    Stream* stream;
  };
  struct StartRead : Start {
    void operator()(auto handler, const ReadBuffers& buffers) const {
      this->stream->start_read(buffers, Handler(std::move(handler)));
    }
  };
  struct StartWrite : Start {
    void operator()(auto handler, const WriteBuffers& buffers) const {
      this->stream->start_write(buffers, Handler(std::move(handler)));
    }
  };

  template <class Gathered, class Buffers>
  static Gathered gather(const Buffers& buffers) {
    Gathered gathered;
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end && gathered.size() < kBuffersMax; ++at)
      if (typename Gathered::value_type buffer(*at); buffer.size() > 0) gathered.push_back(buffer);
    return gathered;
  }

  HangupWatch& hangups_;
  HangupWatch::Watch watch_;
};

// Of one listener. Those that are only told that there are too many take nobody's place.
struct Places {
  std::atomic<size_t> taken = 0;
  std::atomic<size_t> refused = 0;
};

// One of the connections that a listener may have; gives its place back on destruction.
class Place {
 public:
  Place(std::shared_ptr<Places> places, size_t places_max) : places_(std::move(places)) {
    if (++places_->taken <= places_max) return;
    --places_->taken;
    refused_number_ = ++places_->refused;
  }
  Place(Place&&) noexcept = default;
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (places_ != nullptr) --(is_refused() ? places_->refused : places_->taken);
  }
  bool is_refused() const { return refused_number_ > 0; }
  size_t refused_number() const { return refused_number_; }  // so many were being refused when it came, itself included

 private:
  std::shared_ptr<Places> places_;
  size_t refused_number_ = 0;
};

// A connection for an edge.
struct Arrival {
  std::unique_ptr<Stream> stream;
  std::string first_bytes;  // read from it already
  Place place;
  bool is_refused = false;  // there are too many: it is told so
};

}  // namespace magnetite::net
