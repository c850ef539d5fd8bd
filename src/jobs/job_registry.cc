#include "jobs/job_registry.h"

#include <time.h>

#include "base/check.h"
#include "base/logging.h"

namespace magnetite::jobs {
namespace {

// A measurement to show, never a time to decide by: it does not go through Clock.
Duration thread_cpu() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

struct JobRegistry::Job {
  JobId id;
  JobKind kind;
  JobSubject subject;
  WallTime created;
  MonoTime registered;
  JobControl control;
  // Guarded by the registry's mutex.
  JobState state = JobState::kWaiting;
  std::string error;
  Duration cpu{};
  Duration wall{};
};

JobRegistry::JobRegistry(Executor& executor, JobRegistryOptions options)
    : executor_(executor), options_(options), ended_(executor) {}

JobRegistry::~JobRegistry() { MAGNETITE_CHECK_MSG(running() == 0, "a job outlives its registry"); }

std::shared_ptr<JobRegistry::Job> JobRegistry::open(JobKind kind, JobSubject subject) {
  auto job = std::make_shared<Job>();
  job->kind = kind;
  job->subject = std::move(subject);
  job->created = executor_.clock().wall_now();
  job->registered = executor_.clock().mono_now();
  const MutexLock lock(mutex_);
  job->id = JobId{next_id_++};
  jobs_.emplace(job->id, job);
  ++running_;
  return job;
}

void JobRegistry::forget(JobId id) {
  const MutexLock lock(mutex_);
  jobs_.erase(id);
  --running_;
}

Result<JobId> JobRegistry::submit(WorkerPool& pool, JobKind kind, JobSubject subject, Body body) {
  const std::shared_ptr<Job> job = open(kind, std::move(subject));
  auto queued = pool.submit([this, job, body = std::move(body)]() mutable { execute(*job, body); });
  if (queued) return job->id;
  forget(job->id);
  return std::unexpected(std::move(queued).error());
}

JobId JobRegistry::run(JobKind kind, JobSubject subject, Body body) {
  const std::shared_ptr<Job> job = open(kind, std::move(subject));
  execute(*job, body);
  return job->id;
}

void JobRegistry::execute(Job& job, Body& body) {
  {
    const MutexLock lock(mutex_);
    job.state = JobState::kRunning;
  }
  const Duration cpu_before = thread_cpu();
  const Result<> outcome = body(job.control);
  body = nullptr;  // what it holds is given back before anyone hears that the job has ended
  const Duration cpu = thread_cpu() - cpu_before;

  const bool cancelled = !outcome && outcome.error().code() == ErrorCode::kCancelled && job.control.cancelled();
  if (!outcome && !cancelled)
    log::error("a job failed", {{"job", std::string(description(job.kind))},
                                {"database", job.subject.database},
                                {"table", job.subject.table},
                                {"partition", job.subject.partition_key},
                                {"error", outcome.error().describe()}});
  const MutexLock lock(mutex_);
  job.cpu = cpu;
  job.wall = executor_.clock().mono_now() - job.registered;
  job.state = outcome ? JobState::kSucceeded : cancelled ? JobState::kCancelled : JobState::kFailed;
  if (!outcome && !cancelled) job.error = outcome.error().describe();
  --running_;
  history_.push_back(job.id);
  while (history_.size() > options_.history_max) {
    jobs_.erase(history_.front());
    history_.pop_front();
  }
  ended_.notify_all();
}

bool JobRegistry::cancel(JobId id) {
  const MutexLock lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return false;
  Job& job = *found->second;
  if (job.state == JobState::kWaiting || job.state == JobState::kRunning) job.control.cancelled_ = true;
  return true;
}

JobStatus JobRegistry::status_of(const Job& job) const {
  JobStatus status;
  status.id = job.id;
  status.kind = job.kind;
  status.subject = job.subject;
  status.state = job.state;
  status.error = job.error;
  if (status.ended()) status.report = job.control.report_;
  status.cancel_asked = job.control.cancelled();
  status.rows_done = job.control.rows_done_.load(std::memory_order_relaxed);
  status.rows_total = job.control.rows_total_.load(std::memory_order_relaxed);
  status.bytes_done = job.control.bytes_done_.load(std::memory_order_relaxed);
  status.cpu = job.cpu;
  status.created = job.created;
  status.wall = status.ended() ? job.wall : executor_.clock().mono_now() - job.registered;
  return status;
}

std::optional<JobStatus> JobRegistry::find(JobId id) const {
  const MutexLock lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  return status_of(*found->second);
}

std::vector<JobStatus> JobRegistry::list() const {
  const MutexLock lock(mutex_);
  std::vector<JobStatus> all;
  all.reserve(jobs_.size());
  for (const auto& [id, job] : jobs_) all.push_back(status_of(*job));
  return all;
}

std::optional<JobStatus> JobRegistry::wait(JobId id, MonoTime deadline) {
  const MutexLock lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  const std::shared_ptr<Job> job = found->second;
  while (!status_of(*job).ended()) {
    if (ended_.wait_until(mutex_, deadline, WaitReason::kJob) == WaitOutcome::kDeadline) break;
  }
  return status_of(*job);
}

size_t JobRegistry::running() const {
  const MutexLock lock(mutex_);
  return running_;
}

JobLoad JobRegistry::load() const {
  JobLoad load;
  const MutexLock lock(mutex_);
  for (const auto& [id, job] : jobs_) {
    if (job->state == JobState::kRunning) ++load.running;
    if (job->state == JobState::kWaiting) ++load.waiting;
  }
  return load;
}

}  // namespace magnetite::jobs
