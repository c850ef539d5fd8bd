#include "net/hangup_watch.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "base/mutex.h"

namespace magnetite::net {

struct HangupWatch::State {
  State() { MAGNETITE_CHECK(epoll >= 0); }
  ~State() { ::close(epoll); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void tell() EXCLUDES(mutex);
  void forget(int descriptor, uint64_t key) EXCLUDES(mutex);

  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  Mutex mutex;
  std::unordered_map<uint64_t, std::function<void()>> gone GUARDED_BY(mutex);
  uint64_t last_key GUARDED_BY(mutex) = 0;
};

HangupWatch::HangupWatch(boost::asio::io_context& io)
    : state_(std::make_shared<State>()), readable_(io, fcntl(state_->epoll, F_DUPFD_CLOEXEC, 0)) {
  wait();
}

HangupWatch::~HangupWatch() = default;

HangupWatch::Watch HangupWatch::watch(int descriptor, Of of, std::function<void()> gone) {
  uint64_t key = 0;
  {
    const MutexLock lock(state_->mutex);
    key = ++state_->last_key;
    state_->gone.emplace(key, std::move(gone));
  }
  Watch watch(state_, descriptor, key);
  epoll_event event{};
  event.events = EPOLLONESHOT;  // EPOLLHUP and EPOLLERR come unasked
  if (of == Of::kPeer) event.events |= EPOLLRDHUP;
  event.data.u64 = key;
  if (epoll_ctl(state_->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) return {};
  return watch;
}

void HangupWatch::wait() {
  const auto readable = [this](const boost::system::error_code& code) {
    if (code) return;
    state_->tell();
    wait();
  };
  readable_.async_wait(boost::asio::posix::stream_descriptor::wait_read, readable);
}

void HangupWatch::State::tell() {
  std::array<epoll_event, 64> events;
  const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
  std::vector<std::function<void()>> due;
  {
    const MutexLock lock(mutex);
    for (int i = 0; i < count; ++i) {
      const uint64_t key = events[static_cast<size_t>(i)].data.u64;
      const auto found = gone.find(key);
      if (found == gone.end()) continue;
      due.push_back(std::move(found->second));
      gone.erase(found);
    }
  }
  for (const std::function<void()>& each : due) each();
}

void HangupWatch::State::forget(int descriptor, uint64_t key) {
  epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nullptr);
  std::function<void()> forgotten;  // destroyed outside the lock
  const MutexLock lock(mutex);
  const auto found = gone.find(key);
  if (found == gone.end()) return;
  forgotten = std::move(found->second);
  gone.erase(found);
}

HangupWatch::Watch& HangupWatch::Watch::operator=(Watch&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(key_, other.key_);
  return *this;
}

HangupWatch::Watch::~Watch() {
  if (state_ != nullptr) state_->forget(descriptor_, key_);
}

}  // namespace magnetite::net
