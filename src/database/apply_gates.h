// Behind its gate, one entry of a sequencer is applied at a time.
#pragma once

#include <deque>

#include "base/mutex.h"

namespace magnetite::database {

// Thread-safe.
class ApplyGates {
 public:
  // One more; stays where it is as long as this lives.
  Mutex& add() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return gates_.emplace_back();
  }

 private:
  friend class LanePause;
  Mutex mutex_;  // taken before any gate
  std::deque<Mutex> gates_;
};

// All lanes of a database stand still while this lives: no entry is half applied, so what is read then is one
// consistent cut. Held for a few map operations, never over I/O.
class LanePause {
 public:
  explicit LanePause(ApplyGates& gates) NO_THREAD_SAFETY_ANALYSIS : gates_(gates) {
    gates_.mutex_.lock();
    for (Mutex& gate : gates_.gates_) gate.lock();  // in one order everywhere
  }
  ~LanePause() NO_THREAD_SAFETY_ANALYSIS {
    for (Mutex& gate : gates_.gates_) gate.unlock();
    gates_.mutex_.unlock();
  }
  LanePause(const LanePause&) = delete;
  LanePause& operator=(const LanePause&) = delete;

 private:
  ApplyGates& gates_;
};

}  // namespace magnetite::database
