#include <pthread.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <thread>

#include "base/executor.h"

namespace magnetite {
namespace {

class ThreadSignal final : public Signal::Impl {
 public:
  WaitOutcome wait_until(Mutex& mutex, MonoTime deadline, WaitReason) override NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.native(), std::adopt_lock);
    WaitOutcome outcome = WaitOutcome::kNotified;
    if (deadline == kNever) {
      changed_.wait(lock);
    } else {
      const std::chrono::steady_clock::time_point until{Duration(deadline.nanos)};
      if (changed_.wait_until(lock, until) == std::cv_status::timeout) outcome = WaitOutcome::kDeadline;
    }
    lock.release();  // the caller's MutexLock still owns it
    return outcome;
  }
  void notify_one() override { changed_.notify_one(); }
  void notify_all() override { changed_.notify_all(); }

 private:
  std::condition_variable changed_;
};

class ThreadTask final : public Task::Impl {
 public:
  explicit ThreadTask(std::thread thread) : thread_(std::move(thread)) {}
  void join() override { thread_.join(); }

 private:
  std::thread thread_;
};

class ThreadExecutor final : public Executor {
 public:
  Clock& clock() override { return system_clock(); }

  Task spawn(std::string name, std::move_only_function<void()> body) override {
    constexpr size_t kThreadNameBytesMax = 15;  // of the kernel, without the NUL
    try {
      std::thread thread([name = name.substr(0, kThreadNameBytesMax), body = std::move(body)]() mutable {
        pthread_setname_np(pthread_self(), name.c_str());
        body();
      });
      return Task(std::make_unique<ThreadTask>(std::move(thread)));
    } catch (const std::system_error& error) {
      // Nothing here can go on without its threads, and a half of them would be worse.
      std::fprintf(stderr,
                   "the system gives no thread for '%s': %s; raise the limits of processes and memory (ulimit -u, -v, "
                   "TasksMax, pids.max)\n",
                   name.c_str(), error.what());
      std::abort();
    }
  }

  void yield() override {}
  std::unique_ptr<Signal::Impl> make_signal() override { return std::make_unique<ThreadSignal>(); }
};

}  // namespace

std::unique_ptr<Executor> make_thread_executor() { return std::make_unique<ThreadExecutor>(); }

}  // namespace magnetite
