// A job that only sleeps: for people who try out operations.
#pragma once

#include <cstdint>
#include <vector>

#include "base/executor.h"
#include "base/worker_pool.h"
#include "jobs/job_registry.h"

namespace magnetite::server {

// One nap after the other, the shortest first; each is a row of its progress. All outlive the job.
Result<jobs::JobId> start_dummy_job(Executor& executor, jobs::JobRegistry& jobs, WorkerPool& pool,
                                    std::vector<uint64_t> nap_nanos);

}  // namespace magnetite::server
