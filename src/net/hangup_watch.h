// Tells when the other side of a socket goes away, without reading from it: whoever reads may be another thread,
// another library, or nobody for the moment.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace magnetite::net {

// Thread-safe. One for all sockets: an epoll of its own, which the io_context waits for, so that data which arrives
// wakes nobody.
class HangupWatch {
  struct State;

 public:
  enum class Of : uint8_t {
    kPeer,  // it will send no more, or is gone
    kBoth,  // and we send no more either: the connection is over
  };

  explicit HangupWatch(boost::asio::io_context& io);
  ~HangupWatch();

  // Ends with this object; a call that has begun on another thread goes on. Must not outlive its descriptor.
  class Watch {
   public:
    Watch() = default;
    Watch(Watch&& other) noexcept = default;
    Watch& operator=(Watch&& other) noexcept;
    ~Watch();
    bool active() const { return state_ != nullptr; }

   private:
    friend class HangupWatch;
    Watch(std::shared_ptr<State> state, int descriptor, uint64_t key)
        : state_(std::move(state)), descriptor_(descriptor), key_(key) {}
    std::shared_ptr<State> state_;
    int descriptor_ = -1;
    uint64_t key_ = 0;
  };

  // Calls `gone` once, on a thread of the io_context. A descriptor has one watch at a time. Not active: the system has
  // no room for another one.
  [[nodiscard]] Watch watch(int descriptor, Of of, std::function<void()> gone);

 private:
  void wait();

  std::shared_ptr<State> state_;
  boost::asio::posix::stream_descriptor readable_;
};

}  // namespace magnetite::net
