#include "base/sim/sim_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/worker_pool.h"

namespace magnetite::sim {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

// Three tasks that write their letter twice; the order is the scheduler's.
std::string interleaving(SimExecutor& executor) {
  std::string letters;
  executor.run([&] {
    std::vector<Task> tasks;
    for (const char letter : {'a', 'b', 'c'})
      tasks.push_back(executor.spawn(std::string(1, letter), [&executor, &letters, letter] {
        letters += letter;
        executor.yield();
        letters += letter;
      }));
  });
  return letters;
}

TEST(SimExecutor, SameSeedGivesTheSameTrace) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SimExecutor first(seed);
    SimExecutor second(seed);
    EXPECT_EQ(interleaving(first), interleaving(second));
    EXPECT_EQ(first.trace(), second.trace());
    EXPECT_EQ(first.steps(), second.steps());
  }
}

TEST(SimExecutor, SeedsReachEveryInterleaving) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 1'000; ++seed) {
    SimExecutor executor(seed);
    seen.insert(interleaving(executor));
  }
  EXPECT_EQ(seen.size(), 90);  // 6! / (2! 2! 2!)
}

TEST(SimExecutor, FindsALostUpdateWithinFewSeeds) {
  bool found = false;
  for (uint64_t seed = 0; seed < 50 && !found; ++seed) {
    SimExecutor executor(seed);
    int balance = 0;
    executor.run([&] {
      std::vector<Task> tasks;
      for (int i = 0; i < 2; ++i)
        tasks.push_back(executor.spawn("deposit", [&] {
          const int read = balance;
          executor.yield();
          balance = read + 1;
        }));
    });
    found = balance != 2;
  }
  EXPECT_TRUE(found);
}

TEST(SimExecutor, FindsACheckThenActRaceBetweenLocks) {
  bool found = false;
  for (uint64_t seed = 0; seed < 200 && !found; ++seed) {
    SimExecutor executor(seed);
    Mutex mutex;
    bool taken = false;
    int owners = 0;
    executor.run([&] {
      std::vector<Task> tasks;
      for (int i = 0; i < 2; ++i)
        tasks.push_back(executor.spawn("owner", [&] {
          bool is_free = false;
          {
            const MutexLock lock(mutex);
            is_free = !taken;
          }
          if (!is_free) return;
          const MutexLock lock(mutex);
          taken = true;
          ++owners;
        }));
    });
    found = owners == 2;
  }
  EXPECT_TRUE(found);
}

TEST(SimExecutor, TimeJumpsFromDeadlineToDeadlineInOrder) {
  SimExecutor executor(1);
  std::vector<std::string> order;
  const MonoTime start = executor.clock().mono_now();
  const WallTime wall_start = executor.clock().wall_now();
  executor.run([&] {
    std::vector<Task> tasks;
    for (const int delay : {30, 10, 20})
      tasks.push_back(executor.spawn("sleeper", [&, delay] {
        executor.pause(hours(delay));
        order.push_back(std::to_string(delay));
        EXPECT_EQ(executor.clock().mono_now() - start, hours(delay));
      }));
  });
  EXPECT_THAT(order, ElementsAre("10", "20", "30"));
  EXPECT_EQ(executor.clock().wall_now().nanos - wall_start.nanos, Duration(hours(30)).count());
}

TEST(SimExecutor, TimeStandsStillWhileATaskCanRun) {
  SimExecutor executor(1);
  executor.run([&] {
    bool woken = false;
    const Task sleeper = executor.spawn("sleeper", [&] {
      executor.pause(seconds(1));
      woken = true;
    });
    for (int i = 0; i < 1'000; ++i) executor.yield();
    EXPECT_FALSE(woken);
  });
}

TEST(SimExecutor, WallClockMayJumpBackWhileDeadlinesHold) {
  SimExecutor executor(1);
  executor.run([&] {
    const MonoTime before = executor.clock().mono_now();
    executor.set_wall_time({5});
    EXPECT_EQ(executor.clock().wall_now(), WallTime{5});
    executor.pause(seconds(2));
    EXPECT_EQ(executor.clock().mono_now() - before, seconds(2));
    EXPECT_EQ(executor.clock().wall_now().nanos, 2'000'000'005);
    executor.advance(seconds(3));
    EXPECT_EQ(executor.clock().mono_now() - before, seconds(5));
  });
}

TEST(SimExecutor, NotifiedWaitEndsBeforeItsDeadline) {
  SimExecutor executor(3);
  Mutex mutex;
  Signal changed(executor);
  bool done = false;  // guarded by mutex
  executor.run([&] {
    const MonoTime start = executor.clock().mono_now();
    const Task waiter = executor.spawn("waiter", [&] {
      const MutexLock lock(mutex);
      while (!done) EXPECT_EQ(changed.wait_until(mutex, start + hours(1), WaitReason::kData), WaitOutcome::kNotified);
      EXPECT_EQ(executor.clock().mono_now(), start);
    });
    const MutexLock lock(mutex);
    done = true;
    changed.notify_one();
  });
}

TEST(SimExecutor, TimePassesForAHolderOfAContendedMutex) {
  SimExecutor executor(4);
  executor.run([&] {
    Mutex mutex;
    std::vector<Task> tasks;
    for (int i = 0; i < 3; ++i)
      tasks.push_back(executor.spawn("holder", [&] {
        const MutexLock lock(mutex);
        executor.pause(seconds(1));
      }));
  });
  EXPECT_EQ(executor.clock().mono_now().nanos, 4'000'000'000);  // the clock starts at one second
}

TEST(SimExecutor, WorkerPoolRunsUnderEverySeed) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimExecutor executor(seed);
    int finished = 0;
    executor.run([&] {
      WorkerPool pool(executor, {.name = "pool", .threads = 3, .queue_jobs_max = 4});
      for (int i = 0; i < 10; ++i) {
        while (!pool.submit([&] { ++finished; })) executor.yield();
      }
    });
    EXPECT_EQ(finished, 10) << "seed " << seed << "\n" << executor.trace();
  }
}

TEST(SimExecutor, TaskMadeBeforeTheRunStartsWithIt) {
  SimExecutor executor(1);
  bool ran = false;
  Task task = executor.spawn("early", [&] { ran = true; });
  EXPECT_FALSE(ran);
  executor.run([] {});
  EXPECT_TRUE(ran);
  task.join();
}

TEST(SimExecutor, TraceNamesTasksTimesAndReasons) {
  SimExecutor executor(1, {.spurious_wakeup_percent = 0});
  executor.run([&] {
    executor.note("hello");
    executor.spawn("sleeper", [&] { executor.pause(seconds(2)); }).join();
  });
  const std::string trace = executor.trace();
  EXPECT_THAT(trace, HasSubstr("main#0 hello"));
  EXPECT_THAT(trace, HasSubstr("1.000000000 sleeper#1 waits for timer, until 3.000000000"));
  EXPECT_THAT(trace, HasSubstr("3.000000000 sleeper#1 reaches its deadline"));
}

TEST(SimExecutor, TraceKeepsTheNewestEvents) {
  SimExecutor executor(1, {.trace_events_max = 3});
  executor.run([&] {
    for (const char* text : {"one", "two", "three"}) executor.note(text);
  });
  EXPECT_THAT(executor.trace(), testing::Not(HasSubstr("one")));
  EXPECT_THAT(executor.trace(), HasSubstr("main returned"));
}

class SimExecutorDeathTest : public testing::Test {
 protected:
  SimExecutorDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(SimExecutorDeathTest, DeadlockNamesEveryTaskAndItsReason) {
  EXPECT_DEATH(
      {
        SimExecutor executor(7);
        Mutex mutex;
        Signal never(executor);
        executor.run([&] {
          const Task waiter = executor.spawn("uploader", [&] {
            const MutexLock lock(mutex);
            while (true) never.wait_until(mutex, kNever, WaitReason::kQueueSpace);
          });
        });
      },
      "deadlock \\(seed 7\\)(.|\n)*main#0 waits for join(.|\n)*uploader#1 waits for queue space, until never");
}

TEST_F(SimExecutorDeathTest, MutexesTakenInOppositeOrderAreADeadlock) {
  EXPECT_DEATH(
      {
        for (uint64_t seed = 0; seed < 100; ++seed) {
          SimExecutor executor(seed);
          Mutex first;
          Mutex second;
          executor.run([&] {
            const Task one = executor.spawn("one", [&] {
              const MutexLock outer(first);
              const MutexLock inner(second);
            });
            const Task two = executor.spawn("two", [&] {
              const MutexLock outer(second);
              const MutexLock inner(first);
            });
          });
        }
      },
      "deadlock(.|\n)*one#1 waits for a mutex(.|\n)*two#2 waits for a mutex");
}

TEST_F(SimExecutorDeathTest, EndlessSpinningIsReported) {
  EXPECT_DEATH(
      {
        SimExecutor executor(1, {.steps_max = 1'000});
        executor.run([&] {
          while (true) executor.yield();
        });
      },
      "livelock");
}

TEST_F(SimExecutorDeathTest, WaitingOutsideTheRunIsABug) {
  EXPECT_DEATH(SimExecutor(1).pause(seconds(1)), "outside SimExecutor::run");
}

}  // namespace
}  // namespace magnetite::sim
