#include "lifecycle/policy.h"

#include <gmock/gmock.h>

#include <set>

#include "lifecycle/testing/views.h"

namespace magnetite::lifecycle {
namespace {

using ::testing::AllOf;
using testing::chunk;
using testing::compact;
using testing::doing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kSecond;
using testing::mono;
using testing::now_at;
using testing::partition;
using testing::persist;
using testing::wall;
using testing::whats;

constexpr auto kOpen = Stage::kOpen;
constexpr auto kClosed = Stage::kClosed;
constexpr auto kMemory = Stage::kInMemory;
constexpr auto kPersisted = Stage::kPersisted;
constexpr auto kUnloaded = Stage::kUnloaded;
constexpr JobSlots kManySlots{100, 100};

model::LifecycleRules rules(uint32_t late_seconds) {
  model::LifecycleRules result;
  result.late_arrive_window_seconds = late_seconds;
  result.persist_row_threshold = 1000;
  result.persist_age_threshold_seconds = 10;
  return result;
}

std::vector<Action> pass(const std::vector<PartitionView>& partitions, const model::LifecycleRules& limits, int64_t now,
                         JobSlots slots = kManySlots) {
  return decide(partitions, limits, now_at(now), {}, slots);
}

TEST(Policy, YoungChunksAreLeftAlone) {
  const auto view = partition({chunk(0, kOpen), chunk(1, kOpen), chunk(2, kOpen)});
  EXPECT_THAT(pass({view}, model::LifecycleRules{}, 1), IsEmpty());
  EXPECT_THAT(pass({}, model::LifecycleRules{}, 1), IsEmpty());
}

TEST(Policy, ColdChunksAreCompactedAsTheyCoolDown) {
  auto limits = rules(10);
  limits.persist = false;
  auto view =
      partition({chunk(0, kOpen, 10, {0, 9}, 8), chunk(1, kOpen, 10, {0, 9}, 5), chunk(2, kOpen, 10, {0, 9}, 0)}, 8);
  EXPECT_THAT(pass({view}, limits, 9), IsEmpty());
  EXPECT_THAT(whats(pass({view}, limits, 11)), ElementsAre(compact({2})));
  view.chunks[2] = chunk(3, kMemory, 10, {0, 9}, 11);
  EXPECT_THAT(pass({view}, limits, 12), IsEmpty());
  EXPECT_THAT(whats(pass({view}, limits, 20)), ElementsAre(compact({0, 1, 3})));
}

// 1000 rows or 10 s; the split is at 20 ns.
struct PersistCase {
  uint64_t rows;
  int64_t age;
};
PartitionView persistable(PersistCase one, std::vector<ChunkView> chunks) {
  PartitionView view = partition(std::move(chunks), 100);
  view.unpersisted.persistable = {wall(100 - one.age), one.rows, {0, 20}};
  view.unpersisted.oldest = wall(100 - one.age);
  return view;
}

TEST(Policy, PersistTable) {
  const auto limits = rules(1000);
  const auto busy = [](Activity activity, ChunkView view) { return doing(activity, view); };
  const auto one = chunk(1, kMemory, 10, {0, 20});
  const auto two = chunk(2, kClosed, 10, {0, 30});
  const auto later = chunk(9, kOpen, 10, {21, 40}, 100);
  const PersistCase few{10, 0}, enough{1000, 0}, old{10, 10};
  EXPECT_THAT(whats(pass({persistable(few, {one, two})}, limits, 100)), ElementsAre(compact({1, 2})));
  EXPECT_THAT(whats(pass({persistable(enough, {one, two})}, limits, 100)), ElementsAre(persist({1, 2}, 20)));
  EXPECT_THAT(
      whats(pass({persistable(old, {chunk(0, kUnloaded), one, chunk(3, kOpen, 10, {20, 25}, 100)})}, limits, 100)),
      ElementsAre(persist({1, 3}, 20)));
  // A chunk up to the split is being compacted: nothing starts, not even another compaction.
  EXPECT_THAT(pass({persistable(enough, {busy(Activity::kCompacting, one), two, chunk(3, kClosed)})}, limits, 100),
              IsEmpty());
  // After the split it does not matter.
  EXPECT_THAT(whats(pass({persistable(enough, {one, two, busy(Activity::kCompacting, later)})}, limits, 100)),
              ElementsAre(persist({1, 2}, 20)));
  // Moving delays the persist only.
  EXPECT_THAT(whats(pass({persistable(enough, {busy(Activity::kMoving, one), two})}, limits, 100)),
              ElementsAre(compact({2})));
}

TEST(Policy, AfterAPersistTheRestIsCompacted) {
  auto view = partition(
      {chunk(1, kPersisted, 10, {0, 20}), chunk(2, kMemory, 10, {21, 30}), chunk(3, kMemory, 10, {25, 40})}, 100);
  EXPECT_THAT(whats(pass({view}, rules(1000), 100)), ElementsAre(compact({2, 3})));
}

TEST(Policy, NothingLeftUpToTheSplitIsRecordedAndOver) {
  auto view = persistable({1000, 0}, {chunk(1, kOpen, 10, {500, 600}, 100)});
  EXPECT_THAT(whats(pass({view}, rules(1000), 100)), ElementsAre(persist({}, 20)));
  view.unpersisted.persistable.reset();
  EXPECT_THAT(pass({view}, rules(1000), 100), IsEmpty());
}

// With default thresholds, neither of which is reached.
TEST(Policy, AColdPartitionIsPersistedAtOnce) {
  const model::LifecycleRules limits;
  auto view = partition({chunk(0, kMemory, 7), chunk(1, kOpen, 3, {0, 9'000 * kSecond}, 1000)}, 1000);
  view.unpersisted.oldest = view.unpersisted.next_aged = wall(990);
  const Now start = now_at(1000);
  EXPECT_THAT(decide({&view, 1}, limits, start, {}, kManySlots), IsEmpty());
  // A worker that looks only when something is due, with rotated windows.
  Now now{wall(0), next_due(view, limits, start)};
  now.wall = {now.mono.nanos};
  EXPECT_EQ(now.mono, mono(1290));  // the first window becomes persistable
  view.unpersisted.persistable = {wall(990), 10, {0, 9'000 * kSecond}};
  view.unpersisted.next_aged.reset();
  EXPECT_THAT(decide({&view, 1}, limits, now, {}, kManySlots), IsEmpty());
  now.mono = next_due(view, limits, now);
  now.wall = {now.mono.nanos};
  EXPECT_EQ(now.mono, mono(1300));
  const auto actions = decide({&view, 1}, limits, now, {}, kManySlots);
  ASSERT_THAT(whats(actions), ElementsAre(persist({0, 1})));
  EXPECT_EQ(actions[0].reason, "no writes for 300 s");
  // It fails, rests, and is tried again.
  view.persists = {.failures = 3, .last_ended = mono(1310)};
  now = now_at(1310);
  EXPECT_THAT(whats(decide({&view, 1}, limits, now, {}, kManySlots)), ElementsAre(compact({0, 1})));
  view.chunks = {chunk(2, kMemory, 10, {0, 9'000 * kSecond}, 1000)};
  EXPECT_EQ(next_due(view, limits, now), mono(1314));
  EXPECT_THAT(whats(decide({&view, 1}, limits, now_at(1314), {}, kManySlots)), ElementsAre(persist({2})));
  // Done: nothing will ever be due again.
  view.chunks = {chunk(2, kPersisted, 10, {0, 9'000 * kSecond}, 1000)};
  view.unpersisted = {};
  view.persists = {};
  EXPECT_EQ(next_due(view, limits, now_at(10'000)), kNever);
}

TEST(Policy, FailedCompactionsRestWithoutHoldingUpPersists) {
  auto view = persistable({10, 0}, {chunk(1, kClosed)});
  view.compactions = {.failures = 1, .last_ended = mono(100)};
  EXPECT_THAT(pass({view}, rules(1000), 100), IsEmpty());
  EXPECT_THAT(whats(pass({view}, rules(1000), 101)), ElementsAre(compact({1})));
  view.unpersisted.persistable->rows = 1000;
  EXPECT_THAT(whats(pass({view}, rules(1000), 100)), ElementsAre(persist({1}, 20)));
}

TEST(Policy, SlotsGoToThoseServedLongestAgo) {
  std::vector<PartitionView> views;
  for (int i = 0; i < 10; ++i) {
    views.push_back(partition({chunk(1, kClosed)}));
    views.back().partition_key = std::to_string(i);
  }
  std::set<std::string> served;
  for (int64_t round = 1; round <= 5; ++round) {
    const auto actions = pass(views, rules(1000), round, {.compactions = 2, .persists = 2});
    ASSERT_EQ(actions.size(), 2u);
    for (const auto& action : actions) {
      served.insert(action.partition_key);
      views[static_cast<size_t>(std::stoi(action.partition_key))].last_served = mono(round);  // and it has more to do
    }
  }
  EXPECT_EQ(served.size(), 10u);
}

TEST(Policy, AFullOpenChunkIsClosedWhenNoJobMayStart) {
  const auto view = partition({chunk(1, kOpen, 100'000, {0, 9}, 100)}, 100);
  EXPECT_THAT(whats(pass({view}, rules(1000), 100)), ElementsAre(compact({1})));
  EXPECT_THAT(whats(pass({view}, rules(1000), 100, {0, 0})), ElementsAre(Close{{1}}));
}

TEST(Policy, FilesAreCompactedBesideAndCountAsCompactions) {
  std::vector<ChunkView> files;
  for (uint32_t i = 1; i <= 4; ++i) files.push_back(chunk(i, kUnloaded));
  const auto view = partition(files, 100);
  EXPECT_THAT(whats(pass({view}, rules(1000), 100)), ElementsAre(testing::compact_files({1, 2, 3, 4})));
  EXPECT_THAT(pass({view}, rules(1000), 100, {0, 9}), IsEmpty());
}

TEST(Policy, ShortMemoryIsRelievedInTheSamePass) {
  const std::vector views = {persistable({1000, 0}, {chunk(1, kMemory, 10, {0, 20})}),
                             partition({chunk(5, kPersisted)}, 100)};
  const auto actions = decide(views, rules(1000), now_at(100), {.used_bytes = 40, .soft_bytes = 40}, kManySlots);
  ASSERT_THAT(whats(actions), ElementsAre(persist({1}, 20), Unload{{5}}));
  EXPECT_THAT(actions[1].reason, AllOf(HasSubstr("40 bytes in memory"), HasSubstr("soft limit")));
}

TEST(NextDue, WhatComesFirst) {
  const auto limits = rules(1000);  // age 10 s
  auto view = partition({chunk(1, kOpen, 10, {0, 9}, 100)}, 100);
  view.unpersisted.oldest = wall(98);
  EXPECT_EQ(next_due(view, limits, now_at(100)), mono(108));
  view.unpersisted.deferred = {wall(98), 0, {101 * kSecond, INT64_MAX}};
  EXPECT_EQ(next_due(view, limits, now_at(100)), mono(101));
  EXPECT_EQ(next_due(partition({}, 0), limits, now_at(100'000)), kNever);
  EXPECT_EQ(next_due(partition({chunk(1, kClosed)}, 100), limits, now_at(100)), mono(100));
}

}  // namespace
}  // namespace magnetite::lifecycle
