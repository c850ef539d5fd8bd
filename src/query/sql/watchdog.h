// Interrupts statements that run past their deadline. One task for all of them.
#pragma once

#include <functional>
#include <map>

#include "base/executor.h"
#include "base/mutex.h"

namespace magnetite::query::sql {

// Thread-safe.
class Watchdog {
 public:
  // One deadline, owned by what it guards. After its destruction, which waits for an interrupt under way, none comes:
  // whatever `interrupt` refers to must only outlive the watch. The watchdog outlives all of them.
  class Watch {
   public:
    Watch(Watch&& other) noexcept;
    Watch& operator=(Watch&&) = delete;
    ~Watch();
    // By the clock, so also true before the watchdog's task came to it.
    bool expired() const;

   private:
    friend class Watchdog;
    Watch(Watchdog& owner, uint64_t id, MonoTime deadline) : owner_(&owner), id_(id), deadline_(deadline) {}
    Watchdog* owner_;  // nullptr = moved from
    const uint64_t id_;
    const MonoTime deadline_;
  };

  explicit Watchdog(Executor& executor);
  ~Watchdog();

  // `interrupt` runs on the watchdog's task, at most once, under its lock: it must only set a flag.
  [[nodiscard]] Watch watch(MonoTime deadline, std::function<void()> interrupt) EXCLUDES(mutex_);

 private:
  void release(uint64_t id) EXCLUDES(mutex_);
  void run() EXCLUDES(mutex_);

  struct Watched {
    MonoTime deadline;
    std::function<void()> interrupt;
    bool interrupted = false;
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
