#include "query/sql/watchdog.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/sim/sim_executor.h"

namespace magnetite::query::sql {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);

// The watchdog runs in simulated time; `body` is the statement's side.
template <class Body>
void simulate(const Body& body) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    sim::SimExecutor executor(seed);
    executor.run([&] {
      Watchdog watchdog(executor);
      body(executor, watchdog);
    });
  }
}

TEST(Watchdog, InterruptsOnceWhenTheDeadlinePassed) {
  simulate([](sim::SimExecutor& executor, Watchdog& watchdog) {
    int interrupts = 0;
    const auto watch = watchdog.watch(executor.clock().mono_now() + kSecond, [&] { ++interrupts; });
    executor.pause(kSecond / 2);
    EXPECT_EQ(interrupts, 0);
    EXPECT_FALSE(watch.expired());
    executor.pause(kSecond);
    EXPECT_EQ(interrupts, 1);
    EXPECT_TRUE(watch.expired());
    executor.pause(kSecond);
    EXPECT_EQ(interrupts, 1);
  });
}

TEST(Watchdog, NoInterruptOutlivesItsWatch) {
  simulate([](sim::SimExecutor& executor, Watchdog& watchdog) {
    int first = 0;
    int second = 0;
    std::optional watch = watchdog.watch(executor.clock().mono_now() + kSecond, [&] { ++first; });
    watch.reset();
    const auto next = watchdog.watch(executor.clock().mono_now() + 10 * kSecond, [&] { ++second; });
    executor.pause(5 * kSecond);
    EXPECT_EQ(first, 0);
    EXPECT_EQ(second, 0);
  });
}

TEST(Watchdog, AMovedWatchHoldsOn) {
  simulate([](sim::SimExecutor& executor, Watchdog& watchdog) {
    int interrupts = 0;
    auto watch = watchdog.watch(executor.clock().mono_now() + kSecond, [&] { ++interrupts; });
    {
      const auto owner = std::move(watch);
      executor.pause(2 * kSecond);
      EXPECT_TRUE(owner.expired());
    }
    EXPECT_EQ(interrupts, 1);
  });
}

}  // namespace
}  // namespace magnetite::query::sql
