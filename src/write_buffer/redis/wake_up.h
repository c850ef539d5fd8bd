// Ends a wait for a socket from another thread: an event that poll() sees. Thread-safe.
#pragma once

#include "base/clock.h"

namespace magnetite::write_buffer::redis {

class WakeUp {
 public:
  WakeUp();
  ~WakeUp();
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  void notify();  // stays until clear()
  void clear();
  bool is_notified() const;
  void wait_until(Clock& clock, MonoTime deadline) const;
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

// What poll() takes: never too early, and never for ever.
int poll_millis(Clock& clock, MonoTime deadline);

}  // namespace magnetite::write_buffer::redis
