#include "base/executor.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <string>
#include <vector>

namespace magnetite {
namespace {

using std::chrono::milliseconds;

TEST(ThreadExecutor, DeadlineInThePastEndsTheWaitAtOnce) {
  const auto executor = make_thread_executor();
  Mutex mutex;
  Signal signal(*executor);
  const MutexLock lock(mutex);
  EXPECT_EQ(signal.wait_until(mutex, executor->clock().mono_now(), WaitReason::kTimer), WaitOutcome::kDeadline);
}

TEST(ThreadExecutor, PauseLastsAtLeastAsLongAsAsked) {
  const auto executor = make_thread_executor();
  const MonoTime before = executor->clock().mono_now();
  executor->pause(milliseconds(3));
  EXPECT_GE(executor->clock().mono_now() - before, milliseconds(3));
}

TEST(ThreadExecutor, TaskCarriesItsNameCutToTheKernelsLimit) {
  const auto executor = make_thread_executor();
  std::string name;
  executor
      ->spawn("a name that is too long",
              [&] {
                std::array<char, 32> text{};
                pthread_getname_np(pthread_self(), text.data(), text.size());
                name = text.data();
              })
      .join();
  EXPECT_EQ(name, "a name that is ");
}

TEST(ThreadExecutor, NotificationHandsAValueOver) {
  const auto executor = make_thread_executor();
  Mutex mutex;
  Signal changed(*executor);
  int value = 0;  // guarded by mutex
  const Task task = executor->spawn("writer", [&] {
    const MutexLock lock(mutex);
    value = 42;
    changed.notify_all();
  });
  const MutexLock lock(mutex);
  while (value == 0) changed.wait_until(mutex, kNever, WaitReason::kData);
  EXPECT_EQ(value, 42);
}

TEST(ThreadExecutor, TasksSeeTheMutexExcludeEachOther) {
  const auto executor = make_thread_executor();
  constexpr int kTasks = 4;
  constexpr int kRounds = 2'000;
  Mutex mutex;
  int sum = 0;  // guarded by mutex
  {
    std::vector<Task> tasks;
    for (int i = 0; i < kTasks; ++i)
      tasks.push_back(executor->spawn("adder", [&] {
        for (int round = 0; round < kRounds; ++round) {
          const MutexLock lock(mutex);
          ++sum;
        }
      }));
  }
  EXPECT_EQ(sum, kTasks * kRounds);
}

TEST(Task, AssigningOverARunningTaskJoinsIt) {
  const auto executor = make_thread_executor();
  std::atomic<bool> first_ended = false;
  Task task = executor->spawn("first", [&] { first_ended = true; });
  task = executor->spawn("second", [] {});
  EXPECT_TRUE(first_ended);
  task.join();
  task.join();
  EXPECT_FALSE(task.joinable());
}

TEST(WaitReason, EveryReasonHasAWord) {
  EXPECT_EQ(to_string(WaitReason::kLogSync), "log sync");
  EXPECT_EQ(to_string(WaitReason::kJoin), "join");
}

TEST(SystemClock, WallClockIsOfThisCenturyAndMonotonicClockNeverGoesBack) {
  Clock& clock = system_clock();
  EXPECT_GT(clock.wall_now().nanos, 1'700'000'000'000'000'000);
  const MonoTime first = clock.mono_now();
  EXPECT_GE(clock.mono_now(), first);
}

}  // namespace
}  // namespace magnetite
