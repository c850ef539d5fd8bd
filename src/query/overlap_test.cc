#include "query/overlap.h"

#include <gmock/gmock.h>

#include <random>

namespace magnetite::query {
namespace {

using model::TimeRange;
using ::testing::ElementsAre;

const auto kAlways = [](size_t, size_t) { return true; };

std::vector<std::vector<size_t>> members(const std::vector<OverlapGroup>& groups) {
  std::vector<std::vector<size_t>> all;
  for (const OverlapGroup& group : groups) all.push_back(group.members);
  return all;
}

TEST(Overlap, DisjointTimesStayApart) {
  EXPECT_THAT(members(group_overlaps({{0, 10}, {11, 20}}, kAlways)), ElementsAre(ElementsAre(0), ElementsAre(1)));
}

TEST(Overlap, TouchingBoundsGroupTogetherInTheirSlice) {
  const auto groups = group_overlaps({{0, 10}, {10, 20}}, kAlways);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[1].times, (TimeRange{10, 10}));
  EXPECT_THAT(groups[1].members, ElementsAre(0, 1));
  EXPECT_EQ(groups[0].times, (TimeRange{0, 9}));
  EXPECT_EQ(groups[2].times, (TimeRange{11, 20}));
}

TEST(Overlap, ChainsAreCutIntoSlices) {
  // The third overlaps both others, which do not overlap each other.
  const auto groups = group_overlaps({{0, 10}, {20, 30}, {5, 25}}, kAlways);
  EXPECT_THAT(members(groups),
              ElementsAre(ElementsAre(0), ElementsAre(0, 2), ElementsAre(2), ElementsAre(1, 2), ElementsAre(1)));
}

TEST(Overlap, SeriesRangesSeparateWithinASlice) {
  // aaa..zzz touches both boston and denver, so all three are one component; zzx alone would not touch them.
  const auto touches = [](size_t a, size_t b) { return a == 2 || b == 2; };
  EXPECT_THAT(members(group_overlaps({{0, 9}, {0, 9}, {0, 9}}, touches)), ElementsAre(ElementsAre(0, 1, 2)));
  EXPECT_THAT(members(group_overlaps({{0, 9}, {0, 9}}, [](size_t, size_t) { return false; })),
              ElementsAre(ElementsAre(0), ElementsAre(1)));
}

TEST(Overlap, EndsOfTimeDoNotOverflow) {
  const auto groups = group_overlaps({{INT64_MIN, INT64_MAX}, {INT64_MAX, INT64_MAX}, {INT64_MIN, INT64_MIN}}, kAlways);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_THAT(groups[0].members, ElementsAre(0, 2));
  EXPECT_THAT(groups[1].members, ElementsAre(0));
  EXPECT_THAT(groups[2].members, ElementsAre(0, 1));
}

TEST(Overlap, EveryMomentOfEveryRangeIsCoveredOnce) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<TimeRange> ranges;
    for (size_t i = 0; i < 1 + random() % 6; ++i) {
      const auto min = static_cast<int64_t>(random() % 20);
      ranges.push_back({min, min + static_cast<int64_t>(random() % 8)});
    }
    const auto groups = group_overlaps(ranges, kAlways);
    for (size_t i = 0; i < ranges.size(); ++i) {
      for (int64_t time = ranges[i].min; time <= ranges[i].max; ++time) {
        int covered = 0;
        for (const OverlapGroup& group : groups) {
          const bool member = std::ranges::contains(group.members, i);
          if (!member || !group.times.contains(time)) continue;
          ++covered;
          for (size_t j = 0; j < ranges.size(); ++j)
            EXPECT_TRUE(!ranges[j].contains(time) || std::ranges::contains(group.members, j));
        }
        EXPECT_EQ(covered, 1);
      }
    }
  }
}

}  // namespace
}  // namespace magnetite::query
