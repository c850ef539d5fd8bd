#include "base/worker_pool.h"

#include <fmt/format.h>
#include <sys/resource.h>

namespace magnetite {

WorkerPool::WorkerPool(Executor& executor, WorkerPoolOptions options)
    : executor_(executor), options_(std::move(options)), work_(executor) {
  const MutexLock lock(mutex_);
  for (size_t i = 0; i < options_.threads; ++i) tasks_.push_back(executor_.spawn(options_.name, [this] { run(); }));
}

WorkerPool::~WorkerPool() { stop(); }

Result<> WorkerPool::submit(Job job) {
  {
    const MutexLock lock(mutex_);
    if (stopping_) return fail(ErrorCode::kShutdown, fmt::format("{} is stopping", options_.name));
    if (queue_.size() >= options_.queue_jobs_max)
      return fail(ErrorCode::kResourceExhausted,
                  fmt::format("{}: {} jobs are waiting already", options_.name, queue_.size()));
    queue_.push_back(std::move(job));
  }
  work_.notify_one();
  return {};
}

void WorkerPool::stop() {
  std::vector<Task> tasks;  // joined at the end of this scope, outside the lock
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    tasks.swap(tasks_);
  }
  work_.notify_all();
}

size_t WorkerPool::queued_jobs() const {
  const MutexLock lock(mutex_);
  return queue_.size();
}

void WorkerPool::run() {
  // A third of a normal thread's share. On Linux it is the calling thread that becomes nicer; where that is refused,
  // it stays as it was.
  constexpr int kBackgroundNice = 5;
  if (options_.background) setpriority(PRIO_PROCESS, 0, kBackgroundNice);
  while (true) {
    Job job;
    {
      const MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) work_.wait_until(mutex_, kNever, WaitReason::kIdle);
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job();
  }
}

}  // namespace magnetite
