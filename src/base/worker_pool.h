// A named thread budget: a fixed number of tasks that run short jobs from a bounded queue.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/result.h"

namespace magnetite {

struct WorkerPoolOptions {
  std::string name;
  size_t threads = 1;
  size_t queue_jobs_max = 1024;
  // Gives way to the other threads of the process where processors are short, without ever starving.
  bool background = false;
};

// Thread-safe. stop() (also run by the destructor) refuses new jobs and returns when the queued ones have run; a job
// must not call it.
class WorkerPool {
 public:
  using Job = std::move_only_function<void()>;

  WorkerPool(Executor& executor, WorkerPoolOptions options);
  ~WorkerPool();

  // kResourceExhausted when the queue is full, kShutdown after stop().
  Result<> submit(Job job) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);
  size_t queued_jobs() const EXCLUDES(mutex_);

 private:
  void run() EXCLUDES(mutex_);

  Executor& executor_;
  const WorkerPoolOptions options_;
  mutable Mutex mutex_;
  Signal work_;
  std::deque<Job> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<Task> tasks_ GUARDED_BY(mutex_);
};

}  // namespace magnetite
