#include "lifecycle/forecast.h"

#include <gmock/gmock.h>

#include "lifecycle/testing/views.h"

namespace magnetite::lifecycle {
namespace {

using testing::chunk;
using ::testing::HasSubstr;
using testing::kSecond;
using testing::now_at;
using testing::partition;
using testing::wall;

model::LifecycleRules rules(uint32_t late_seconds) {
  model::LifecycleRules result;
  result.late_arrive_window_seconds = late_seconds;
  return result;
}

// A partition with one open chunk of ten rows that were last written to at `last_write`; its window closes and becomes
// persistable after the late window.
PartitionView written_at(int64_t last_write, uint32_t late_seconds, WallTime now) {
  PartitionView view = partition({chunk(0, Stage::kOpen, 10, {0, 9 * kSecond}, last_write)}, last_write);
  const UnpersistedView::Window window{wall(last_write), 10, {0, 9 * kSecond}};
  view.unpersisted.oldest = window.created_at;
  if (elapsed(window.created_at, now) >= std::chrono::seconds(late_seconds))
    view.unpersisted.persistable = window;
  else
    view.unpersisted.next_aged = window.created_at;
  return view;
}

TEST(Forecast, AColdPartitionIsPersistedWhenItIsCold) {
  const auto next = forecast([](WallTime now) { return written_at(10, 300, now); }, rules(300), now_at(20));
  ASSERT_TRUE(next);
  EXPECT_EQ(name_of(next->action), "persist");
  EXPECT_EQ(next->due, wall(310));
  EXPECT_FALSE(next->action.reason.empty());
}

TEST(Forecast, WhatIsDueAlreadyIsDueNow) {
  const auto next = forecast([](WallTime now) { return written_at(10, 300, now); }, rules(300), now_at(1000));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->due, wall(1000));
}

TEST(Forecast, AChangedWindowMovesTheTime) {
  const auto next = forecast([](WallTime now) { return written_at(10, 60, now); }, rules(60), now_at(20));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->due, wall(70));
}

TEST(Forecast, APersistedPartitionAtRestHasNoNextAction) {
  const auto view = partition({chunk(0, Stage::kPersisted, 10, {0, 9}, 10)}, 10);
  EXPECT_FALSE(forecast([&](WallTime) { return view; }, rules(300), now_at(1'000'000)));
}

TEST(Forecast, WithoutPersistingAColdPartitionIsCompacted) {
  auto limits = rules(300);
  limits.persist = false;
  const auto next = forecast([](WallTime now) { return written_at(10, 300, now); }, limits, now_at(20));
  ASSERT_TRUE(next);
  EXPECT_EQ(name_of(next->action), "compact");
  EXPECT_EQ(next->due, wall(310));
}

TEST(Forecast, AFailedJobIsTriedAgainAfterItsPause) {
  const auto next = forecast(
      [](WallTime now) {
        PartitionView view = written_at(10, 300, now);
        view.persists = {.failures = 3, .last_ended = testing::mono(400)};
        view.compactions = view.persists;
        return view;
      },
      rules(300), now_at(401));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->due.nanos,
            testing::mono(400).nanos + (retry_at({3, testing::mono(400)}) - testing::mono(400)).count());
}

}  // namespace
}  // namespace magnetite::lifecycle
