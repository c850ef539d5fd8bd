// Annotated mutex (clang's -Wthread-safety checks it) that yields to the simulator's scheduler instead of blocking it.
#pragma once

#include <mutex>

#if defined(__clang__)
#define MAGNETITE_TSA(x) __attribute__((x))
#else
#define MAGNETITE_TSA(x)
#endif
#define CAPABILITY(x) MAGNETITE_TSA(capability(x))
#define SCOPED_CAPABILITY MAGNETITE_TSA(scoped_lockable)
#define GUARDED_BY(x) MAGNETITE_TSA(guarded_by(x))
#define PT_GUARDED_BY(x) MAGNETITE_TSA(pt_guarded_by(x))
#define REQUIRES(...) MAGNETITE_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) MAGNETITE_TSA(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) MAGNETITE_TSA(acquire_capability(__VA_ARGS__))
#define RELEASE(...) MAGNETITE_TSA(release_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) MAGNETITE_TSA(try_acquire_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS MAGNETITE_TSA(no_thread_safety_analysis)

namespace magnetite {

// No I/O and no call into another module under a lock.
class CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() ACQUIRE();  // inside a simulated task: yields until the holder let go
  void unlock() RELEASE() { mutex_.unlock(); }
  bool try_lock() TRY_ACQUIRE(true) { return mutex_.try_lock(); }

  std::mutex& native() { return mutex_; }

 private:
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace magnetite
