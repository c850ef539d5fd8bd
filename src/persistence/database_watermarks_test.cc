#include "persistence/database_watermarks.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "persistence/checkpoint_builder.h"
#include "persistence/testing/ranges.h"

namespace magnetite::persistence {
namespace {

using testing::persisted;
using testing::range;
using testing::ranges;

const model::Uuid kLog{.bytes = {1}};

MinimumChange change(uint32_t sequencer, std::optional<uint64_t> before, std::optional<uint64_t> after) {
  const auto number = [](std::optional<uint64_t> value) {
    return value ? std::optional(model::SequenceNumber{*value}) : std::nullopt;
  };
  return {{sequencer}, number(before), number(after)};
}

TEST(DatabaseWatermarks, NothingSeenNothingClaimed) {
  EXPECT_EQ(DatabaseWatermarks(kLog).checkpoint(), (DatabaseCheckpoint{kLog, {}}));
}

TEST(DatabaseWatermarks, TheSmallestMinimumOfAllPartitionsCounts) {
  DatabaseWatermarks watermarks(kLog);
  const MinimumChange first[] = {change(0, std::nullopt, 3), change(0, std::nullopt, 3), change(0, std::nullopt, 5)};
  watermarks.apply(first);
  watermarks.advance({{0}, {9}});
  watermarks.advance({{1}, {4}});
  EXPECT_EQ(watermarks.checkpoint().ranges, ranges({{0, range(3, 9)}, {1, persisted(4)}}));
  const MinimumChange flushed[] = {change(0, 3, std::nullopt)};
  watermarks.apply(flushed);
  EXPECT_EQ(watermarks.checkpoint().ranges.at({0}), range(3, 9));  // another partition still holds 3
  EXPECT_EQ(watermarks.checkpoint_after(flushed).ranges.at({0}), range(5, 9));
  const MinimumChange all[] = {change(0, 3, 7), change(0, 5, std::nullopt)};
  EXPECT_EQ(watermarks.checkpoint_after(all).ranges.at({0}), range(7, 9));
  EXPECT_EQ(watermarks.checkpoint().ranges.at({0}), range(3, 9));  // asking changes nothing
}

TEST(DatabaseWatermarks, WhatWasSeenBeforeARestartStaysSeen) {
  DatabaseWatermarks watermarks(kLog);
  watermarks.advance(DatabaseCheckpoint{kLog, ranges({{0, range(3, 9)}, {2, persisted(1)}})});
  EXPECT_EQ(watermarks.checkpoint().ranges, ranges({{0, persisted(9)}, {2, persisted(1)}}));
}

// Partitions with random minima: the cut equals a visit to all of them.
RC_GTEST_PROP(DatabaseWatermarks, EqualTheVisitToEveryPartition, ()) {
  constexpr uint32_t kSequencers = 3;
  DatabaseWatermarks watermarks(kLog);
  std::map<int, std::map<uint32_t, std::optional<uint64_t>>> minima;  // partition -> sequencer -> minimum
  uint64_t max = 10;
  const auto steps = *rc::gen::container<std::vector<std::tuple<int, uint32_t, rc::Maybe<uint64_t>>>>(rc::gen::tuple(
      rc::gen::inRange(0, 4), rc::gen::inRange(0u, kSequencers), rc::gen::maybe(rc::gen::inRange<uint64_t>(0, 10))));
  const auto cut = [&] {
    PersistCheckpointBuilder builder({kLog, "t", "none", {}, {}});
    for (const auto& [partition, sequencers] : minima) {
      for (const auto& [sequencer, minimum] : sequencers)
        builder.register_other_partition(ranges({{sequencer, minimum ? range(*minimum, max) : persisted(max)}}));
    }
    return std::move(builder).build().database;
  };
  for (const auto& [partition, sequencer, next] : steps) {
    ++max;
    auto& minimum = minima[partition][sequencer];
    const std::optional<uint64_t> after = next ? std::optional(*next) : std::nullopt;
    const MinimumChange changes[] = {change(sequencer, minimum, after)};
    for (auto& [other, sequencers] : minima) {
      for (const auto& [id, value] : sequencers) watermarks.advance({{id}, {max}});
    }
    const auto foreseen = watermarks.checkpoint_after(changes);
    minimum = after;
    watermarks.apply(changes);
    RC_ASSERT(watermarks.checkpoint() == cut());
    RC_ASSERT(foreseen == cut());
  }
}

}  // namespace
}  // namespace magnetite::persistence
