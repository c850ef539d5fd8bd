// The jobs of a server: running ones and the last that ended.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/worker_pool.h"
#include "jobs/job.h"

namespace magnetite::jobs {

struct JobLoad {
  size_t running = 0;
  size_t waiting = 0;
};

struct JobRegistryOptions {
  size_t history_max = 1000;  // ended jobs that are remembered, the newest
};

// Thread-safe. Outlives its jobs: whoever starts jobs stops the pool first.
class JobRegistry {
 public:
  // An error is the job's outcome; kCancelled counts as cancelled when somebody asked for that. Whatever was submitted
  // runs, once: a job that was cancelled while it waited hears it from its first check(), and gives back what it holds.
  using Body = std::move_only_function<Result<>(JobControl&)>;

  explicit JobRegistry(Executor& executor, JobRegistryOptions options = {});
  ~JobRegistry();

  // Queues the body on `pool` and shows it from now on. An error (a full or stopped pool) means: not started, not
  // shown.
  Result<JobId> submit(WorkerPool& pool, JobKind kind, JobSubject subject, Body body) EXCLUDES(mutex_);
  // The same on the calling thread: the job has ended when this returns.
  JobId run(JobKind kind, JobSubject subject, Body body) EXCLUDES(mutex_);

  // False: no such job. One that has ended stays as it ended.
  bool cancel(JobId id) EXCLUDES(mutex_);
  std::optional<JobStatus> find(JobId id) const EXCLUDES(mutex_);
  std::vector<JobStatus> list() const EXCLUDES(mutex_);  // by id, running and remembered
  // Returns when the job has ended or at the deadline; nullopt: no such job.
  std::optional<JobStatus> wait(JobId id, MonoTime deadline) EXCLUDES(mutex_);
  size_t running() const EXCLUDES(mutex_);  // and waiting
  JobLoad load() const EXCLUDES(mutex_);

 private:
  struct Job;

  std::shared_ptr<Job> open(JobKind kind, JobSubject subject) EXCLUDES(mutex_);
  void execute(Job& job, Body& body) EXCLUDES(mutex_);
  void forget(JobId id) EXCLUDES(mutex_);
  JobStatus status_of(const Job& job) const REQUIRES(mutex_);

  Executor& executor_;
  const JobRegistryOptions options_;
  mutable Mutex mutex_;
  Signal ended_;
  uint64_t next_id_ GUARDED_BY(mutex_) = 0;
  size_t running_ GUARDED_BY(mutex_) = 0;
  std::map<JobId, std::shared_ptr<Job>> jobs_ GUARDED_BY(mutex_);
  std::deque<JobId> history_ GUARDED_BY(mutex_);  // in the order they ended
};

}  // namespace magnetite::jobs
