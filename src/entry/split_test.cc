#include "entry/split.h"

#include <gmock/gmock.h>

#include "entry/testing/routing.h"

namespace magnetite::entry {
namespace {

using ::testing::ElementsAre;
using testing::parse;
using ::testing::SizeIs;

PartitionWrite write_of(const ParsedBody& body, std::vector<uint32_t> lines, std::string key) {
  PartitionWrite write;
  write.partition_key = std::move(key);
  write.lines = std::move(lines);
  for (uint32_t i = 0; i < write.lines.size(); ++i) {
    write.series.push_back(i == 0 ? 7 : kUnknownSeries);
    if (i != 0) write.new_series.push_back({i, {}});
    write.times.include(body.batch.lines[write.lines[i]].timestamp);
  }
  return write;
}

std::vector<std::vector<std::vector<uint32_t>>> lines_of(const std::vector<std::vector<PartitionWrite>>& entries) {
  std::vector<std::vector<std::vector<uint32_t>>> lines;
  for (const auto& entry : entries) {
    lines.emplace_back();
    for (const PartitionWrite& write : entry) lines.back().push_back(write.lines);
  }
  return lines;
}

// Each line is 7 bytes and counts with the room for its time.
constexpr size_t kLineBytes = 7 + kTimestampBytesMax;

class SplitWrites : public ::testing::Test {
 protected:
  const std::unique_ptr<ParsedBody> body_ = parse("m x=0 1\nm x=1 2\nm x=2 3\nm x=3 4\nm x=4 5\n");
  const PartitionWrite even_ = write_of(*body_, {0, 2, 4}, "even");
  const PartitionWrite odd_ = write_of(*body_, {1, 3}, "odd");
  const std::vector<const PartitionWrite*> both_ = {&even_, &odd_};
};

TEST_F(SplitWrites, EachEntryIsFilledUpToTheLimit) {
  EXPECT_THAT(lines_of(split_writes(*body_, both_, 2 * kLineBytes)),
              ElementsAre(ElementsAre(ElementsAre(0, 2)), ElementsAre(ElementsAre(4), ElementsAre(1)),
                          ElementsAre(ElementsAre(3))));
  EXPECT_THAT(lines_of(split_writes(*body_, both_, 3 * kLineBytes)),
              ElementsAre(ElementsAre(ElementsAre(0, 2, 4)), ElementsAre(ElementsAre(1, 3))));
  EXPECT_THAT(lines_of(split_writes(*body_, both_, 100 * kLineBytes)),
              ElementsAre(ElementsAre(ElementsAre(0, 2, 4), ElementsAre(1, 3))));
}

TEST_F(SplitWrites, ALineAboveTheLimitIsAlone) { EXPECT_THAT(split_writes(*body_, both_, kLineBytes - 1), SizeIs(5)); }

TEST_F(SplitWrites, APartKeepsItsSeriesAndTimes) {
  const auto entries = split_writes(*body_, both_, 2 * kLineBytes);
  const PartitionWrite& first = entries[0][0];
  EXPECT_THAT(first.series, ElementsAre(7, kUnknownSeries));
  ASSERT_THAT(first.new_series, SizeIs(1));
  EXPECT_EQ(first.new_series[0].position, 1u);
  EXPECT_EQ(first.times, (model::TimeRange{1, 3}));
  const PartitionWrite& second = entries[1][0];
  ASSERT_THAT(second.new_series, SizeIs(1));
  EXPECT_EQ(second.new_series[0].position, 0u);
  EXPECT_EQ(second.times, (model::TimeRange{5, 5}));
  EXPECT_EQ(second.partition_key, "even");
}

}  // namespace
}  // namespace magnetite::entry
