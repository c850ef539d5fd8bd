#include "write_buffer/redis/wake_up.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace magnetite::write_buffer::redis {

WakeUp::WakeUp() : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { MAGNETITE_CHECK(descriptor_ >= 0); }

WakeUp::~WakeUp() { ::close(descriptor_); }

void WakeUp::notify() { eventfd_write(descriptor_, 1); }

void WakeUp::clear() {
  eventfd_t count = 0;
  eventfd_read(descriptor_, &count);
}

bool WakeUp::is_notified() const {
  pollfd waited{descriptor_, POLLIN, 0};
  return poll(&waited, 1, 0) == 1;
}

void WakeUp::wait_until(Clock& clock, MonoTime deadline) const {
  pollfd waited{descriptor_, POLLIN, 0};
  while (clock.mono_now() < deadline && poll(&waited, 1, poll_millis(clock, deadline)) != 1) continue;
}

int poll_millis(Clock& clock, MonoTime deadline) {
  constexpr int64_t kNanosOfMilli = 1'000'000;
  constexpr int64_t kMillisMax = 60'000;
  const int64_t nanos = std::max<int64_t>(0, deadline.nanos - std::max<int64_t>(0, clock.mono_now().nanos));
  return static_cast<int>(std::min(nanos / kNanosOfMilli + (nanos % kNanosOfMilli == 0 ? 0 : 1), kMillisMax));
}

}  // namespace magnetite::write_buffer::redis
