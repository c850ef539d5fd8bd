// Threads, tasks and waits of the engine. The real one uses OS threads; the simulated one (base/sim) runs one task at
// a time under a seeded scheduler with simulated time, so a seed reproduces a run.
//
// Rules: engine code starts threads only by spawn(), waits only by Signal, and never without a reason and a deadline.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"

namespace magnetite {

// Why a task waits; status pages and metrics print it.
enum class WaitReason : uint8_t {
  kIdle,        // nothing to do
  kTimer,       // until a time
  kLogSync,     // for the write buffer's acknowledgement
  kLane,        // for earlier entries of the same sequencer
  kMemory,      // for memory below the limit
  kQueueSpace,  // for space in a bounded queue
  kReplay,      // for recovery to end
  kJob,         // for a background job
  kData,        // for a stream's next entry
  kJoin,        // for a task to end
};
std::string_view to_string(WaitReason reason);

enum class WaitOutcome : uint8_t { kNotified, kDeadline };

class Executor;

// A condition variable that goes through the executor. Notifications may be spurious: wait in a loop.
class Signal {
 public:
  explicit Signal(Executor& executor);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // Releases `mutex`, waits, takes it again.
  WaitOutcome wait_until(Mutex& mutex, MonoTime deadline, WaitReason reason) REQUIRES(mutex);
  void notify_one();
  void notify_all();

  class Impl;  // provided by each executor

 private:
  std::unique_ptr<Impl> impl_;
};

class Signal::Impl {
 public:
  virtual ~Impl() = default;
  virtual WaitOutcome wait_until(Mutex& mutex, MonoTime deadline, WaitReason reason) = 0;
  virtual void notify_one() = 0;
  virtual void notify_all() = 0;
};

// A running task; joins on destruction. Whoever owns it must have told the body to end before that.
class Task {
 public:
  class Impl {
   public:
    virtual ~Impl() = default;
    virtual void join() = 0;
  };

  Task() = default;
  explicit Task(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
  Task(Task&&) = default;
  Task& operator=(Task&& other) noexcept;
  ~Task() { join(); }

  void join();  // idempotent
  bool joinable() const { return impl_ != nullptr; }

 private:
  std::unique_ptr<Impl> impl_;
};

class Executor {
 public:
  virtual ~Executor() = default;

  virtual Clock& clock() = 0;

  // Runs `body` on a thread of its own, named for debuggers and status pages.
  [[nodiscard]] virtual Task spawn(std::string name, std::move_only_function<void()> body) = 0;

  // Lets other tasks run; a scheduling point in simulation, nothing otherwise.
  virtual void yield() = 0;

  virtual std::unique_ptr<Signal::Impl> make_signal() = 0;

  // Blocks the caller for `delta`. Only for back-off between retries; prefer a Signal that stop() can wake.
  void pause(Duration delta);
};

// OS threads and the system clock.
std::unique_ptr<Executor> make_thread_executor();

}  // namespace magnetite
