#include "lifecycle/memory.h"

#include <gmock/gmock.h>

#include "lifecycle/testing/views.h"

namespace magnetite::lifecycle {
namespace {

using testing::chunk;
using testing::doing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::now_at;
using testing::partition;
using testing::persist;
using testing::wall;
using testing::whats;

constexpr auto kOpen = Stage::kOpen;
constexpr auto kMemory = Stage::kInMemory;
constexpr auto kPersisted = Stage::kPersisted;

model::LifecycleRules rules(bool persists, bool drops) {
  model::LifecycleRules result;
  result.persist = persists;
  result.drop_non_persisted = drops;
  return result;
}

// Every chunk has 20 bytes.
std::vector<testing::What> relief(const std::vector<PartitionView>& partitions, const model::LifecycleRules& limits,
                                  uint64_t soft, size_t persists_max = 10, uint64_t freeing = 0) {
  uint64_t used = 0;
  for (const auto& view : partitions) {
    for (const auto& one : view.chunks) used += one.memory_bytes;
  }
  const std::vector<Decided> nothing(partitions.size(), Decided::kNothing);
  return whats(relieve(partitions, limits, now_at(100), {used, freeing, soft}, persists_max, nothing));
}

ChunkView used_at(int64_t seconds, ChunkView view) {
  view.last_use = wall(seconds);
  return view;
}

TEST(Relief, NothingBelowTheLimitOrWithoutOne) {
  const auto view = partition({chunk(1, kPersisted), chunk(2, kPersisted)});
  EXPECT_THAT(relief({view}, rules(true, true), 41), IsEmpty());
  EXPECT_THAT(relief({view}, rules(true, true), 0), IsEmpty());
  EXPECT_THAT(relief({view}, rules(true, true), 40).size(), 1u);
}

TEST(Relief, UnloadsTheOldestUseFirstAndNoMoreThanNeeded) {
  const auto view = partition({used_at(50, chunk(1, kPersisted)), used_at(10, chunk(2, kPersisted)),
                               used_at(30, chunk(3, kPersisted)), chunk(4, Stage::kUnloaded)});
  EXPECT_THAT(relief({view}, rules(true, true), 60), ElementsAre(Unload{{2}}));
  EXPECT_THAT(relief({view}, rules(true, true), 30), ElementsAre(Unload{{2}}, Unload{{3}}));
  EXPECT_THAT(relief({view}, rules(true, true), 30, 10, 15), ElementsAre(Unload{{2}}));  // 15 bytes go by themselves
}

TEST(Relief, WhatIsBusyOrOpenStays) {
  const auto busy = doing(Activity::kPersisting, chunk(1, kMemory));
  EXPECT_THAT(relief({partition({busy, chunk(2, kOpen)})}, rules(false, true), 5), IsEmpty());
  EXPECT_THAT(relief({partition({chunk(1, kOpen)})}, rules(false, true), 5), IsEmpty());
  EXPECT_THAT(relief({partition({doing(Activity::kCompacting, chunk(1, kPersisted))})}, rules(false, true), 5),
              IsEmpty());
}

TEST(Relief, UnloadsBeforeItDrops) {
  const auto view = partition({chunk(1, kPersisted), chunk(2, kMemory), chunk(3, Stage::kClosed), chunk(4, kOpen)});
  EXPECT_THAT(relief({view}, rules(false, true), 5), ElementsAre(Unload{{1}}, Drop{{2}}, Drop{{3}}));
  EXPECT_THAT(relief({view}, rules(false, false), 5), ElementsAre(Unload{{1}}));
}

TEST(Relief, PersistsTheLargestPartitionsBeforeItDrops) {
  auto small = partition({chunk(1, kMemory)});
  auto large = partition({chunk(1, kMemory), chunk(2, kOpen)});
  small.partition_key = "small";
  large.partition_key = "large";
  EXPECT_THAT(relief({small, large}, rules(true, true), 21), ElementsAre(persist({1, 2})));
  EXPECT_THAT(relief({small, large}, rules(true, true), 1), ElementsAre(persist({1, 2}), persist({1})));
  // Without a slot for it, the rules decide.
  EXPECT_THAT(relief({small, large}, rules(true, true), 50, 0), ElementsAre(Drop{{1}}));
  EXPECT_THAT(relief({small, large}, rules(true, false), 50, 0), IsEmpty());
}

TEST(Relief, PersistsThatRunCountAsRelief) {
  auto flushing = partition({doing(Activity::kPersisting, chunk(1, kMemory)), chunk(2, kOpen)});
  flushing.unpersisted.flushing = true;
  const auto other = partition({chunk(1, kMemory)});
  EXPECT_THAT(relief({flushing, other}, rules(true, true), 30), IsEmpty());
  EXPECT_THAT(relief({flushing, other}, rules(true, true), 10), ElementsAre(persist({1})));
}

TEST(Relief, AFailedPersistRestsFirst) {
  auto failed = partition({chunk(1, kMemory)});
  failed.persists = {.failures = 1, .last_ended = testing::mono(100)};
  EXPECT_THAT(relief({failed}, rules(true, false), 5), IsEmpty());
  failed.persists.last_ended = testing::mono(99);
  EXPECT_THAT(relief({failed}, rules(true, false), 5), ElementsAre(persist({1})));
}

TEST(Relief, DropsFromTheFirstUnpersistedOnOldestFirst) {
  const auto old = partition({chunk(1, kMemory, 10, {0, 9}, 30), chunk(2, kMemory, 10, {0, 9}, 60)});
  const auto older = partition({chunk(7, kMemory, 10, {0, 9}, 20), doing(Activity::kCompacting, chunk(8, kMemory)),
                                chunk(9, kMemory, 10, {0, 9}, 21)});
  EXPECT_THAT(relief({old, older}, rules(false, true), 1), ElementsAre(Drop{{7}}, Drop{{1}}, Drop{{2}}));
}

}  // namespace
}  // namespace magnetite::lifecycle
