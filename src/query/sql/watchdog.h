// Interrupts statements that run past their deadline. One task for all of them.
#pragma once

#include <functional>
#include <map>

#include "base/executor.h"
#include "base/mutex.h"

namespace magnetite::query::sql {

// Thread-safe. `interrupt` runs on the watchdog's task, at most once, under its lock: it must only set a flag.
class Watchdog {
 public:
  explicit Watchdog(Executor& executor);
  ~Watchdog();

  uint64_t watch(MonoTime deadline, std::function<void()> interrupt) EXCLUDES(mutex_);
  // True if the deadline passed before.
  bool release(uint64_t id) EXCLUDES(mutex_);

 private:
  void run() EXCLUDES(mutex_);

  struct Watched {
    MonoTime deadline;
    std::function<void()> interrupt;
    bool expired = false;
  };
  Executor& executor_;
  Mutex mutex_;
  Signal changed_;
  std::map<uint64_t, Watched> watched_ GUARDED_BY(mutex_);
  uint64_t next_id_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  Task task_;
};

}  // namespace magnetite::query::sql
