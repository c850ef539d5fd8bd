#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace magnetite {
namespace {

// A job that holds its thread until it is let go.
class Gate {
 public:
  explicit Gate(Executor& executor) : changed_(executor) {}

  WorkerPool::Job job() {
    return [this] {
      const MutexLock lock(mutex_);
      entered_ = true;
      changed_.notify_all();
      while (!open_) changed_.wait_until(mutex_, kNever, WaitReason::kJob);
    };
  }
  void wait_until_entered() {
    const MutexLock lock(mutex_);
    while (!entered_) changed_.wait_until(mutex_, kNever, WaitReason::kJob);
  }
  void open() {
    const MutexLock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  Mutex mutex_;
  Signal changed_;
  bool entered_ GUARDED_BY(mutex_) = false;
  bool open_ GUARDED_BY(mutex_) = false;
};

TEST(WorkerPool, RunsEveryJobOnce) {
  const auto executor = make_thread_executor();
  std::vector<std::atomic<int>> runs(200);
  {
    WorkerPool pool(*executor, {.name = "pool", .threads = 3});
    for (auto& count : runs) ASSERT_TRUE(pool.submit([&count] { ++count; }).has_value());
  }
  for (const auto& count : runs) EXPECT_EQ(count, 1);
}

TEST(WorkerPool, RefusesWhenTheQueueIsFullAndSaysSo) {
  const auto executor = make_thread_executor();
  Gate gate(*executor);
  WorkerPool pool(*executor, {.name = "uploads", .threads = 1, .queue_jobs_max = 2});
  ASSERT_TRUE(pool.submit(gate.job()).has_value());
  gate.wait_until_entered();
  ASSERT_TRUE(pool.submit([] {}).has_value());
  ASSERT_TRUE(pool.submit([] {}).has_value());
  EXPECT_EQ(pool.queued_jobs(), 2);

  const Result<> refused = pool.submit([] {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(refused.error().message(), "uploads: 2 jobs are waiting already");
  gate.open();
}

TEST(WorkerPool, StopLetsQueuedJobsFinishAndRefusesNewOnes) {
  const auto executor = make_thread_executor();
  Gate gate(*executor);
  std::atomic<int> finished = 0;
  WorkerPool pool(*executor, {.name = "pool", .threads = 1});
  ASSERT_TRUE(pool.submit(gate.job()).has_value());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.submit([&] { ++finished; }).has_value());
  gate.open();
  pool.stop();
  EXPECT_EQ(finished, 5);
  const Result<> refused = pool.submit([] {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::kShutdown);
  pool.stop();
}

}  // namespace
}  // namespace magnetite
