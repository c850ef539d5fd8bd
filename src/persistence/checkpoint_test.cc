#include "persistence/checkpoint.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "persistence/testing/ranges.h"

namespace magnetite::persistence {
namespace {

using testing::persisted;
using testing::range;
using testing::Ranges;

constexpr uint64_t kLast = UINT64_MAX;
constexpr auto kLater = std::partial_ordering::greater;
constexpr auto kEarlier = std::partial_ordering::less;
constexpr auto kSame = std::partial_ordering::equivalent;
constexpr auto kUnordered = std::partial_ordering::unordered;

const model::Uuid kLog{.bytes = {1}};

PartitionCheckpoint partition(const Ranges& ranges, std::string key = "p") {
  return {kLog, "t", std::move(key), testing::ranges(ranges), std::nullopt};
}

TEST(OptionalMinMaxSequence, ReversedBoundsAreRefused) {
  const auto equal = OptionalMinMaxSequence::make(model::SequenceNumber{3}, model::SequenceNumber{3});
  ASSERT_TRUE(equal);
  EXPECT_EQ(equal->min()->value, 3u);
  EXPECT_EQ(equal->max().value, 3u);
  EXPECT_FALSE(OptionalMinMaxSequence::make(std::nullopt, model::SequenceNumber{3})->min());
  EXPECT_EQ(OptionalMinMaxSequence::make(model::SequenceNumber{4}, model::SequenceNumber{3}).error().code(),
            ErrorCode::kInvalidInput);
}

TEST(OptionalMinMaxSequence, FirstUnpersistedReachesPastTheLastNumber) {
  EXPECT_EQ(range(7, 9).first_unpersisted().number.value, 7u);
  EXPECT_EQ(persisted(9).first_unpersisted().number.value, 10u);
  EXPECT_TRUE(persisted(kLast).first_unpersisted().after_all_numbers);
  EXPECT_GT(persisted(kLast).first_unpersisted(), range(kLast, kLast).first_unpersisted());
  for (const auto& one : {range(7, 9), persisted(9), range(0, 0), persisted(0), range(kLast, kLast), persisted(kLast)})
    EXPECT_EQ(OptionalMinMaxSequence::from(one.first_unpersisted(), one.max()), one) << one.text();
}

TEST(OptionalMinMaxSequence, OrderNeedsBothBounds) {
  const struct {
    OptionalMinMaxSequence left, right;
    std::partial_ordering order;
  } table[] = {
      {range(7, 9), range(7, 9), kSame},          {persisted(9), persisted(9), kSame},
      {range(8, 9), range(7, 9), kLater},         {range(7, 10), range(7, 9), kLater},
      {persisted(9), range(9, 9), kLater},        {persisted(9), range(10, 10), kEarlier},
      {persisted(10), range(10, 11), kUnordered}, {range(8, 9), range(7, 10), kUnordered},
      {persisted(9), range(5, 30), kUnordered},   {persisted(kLast), range(kLast, kLast), kLater},
  };
  for (const auto& row : table) {
    EXPECT_TRUE((row.left <=> row.right) == row.order) << row.left.text() << " " << row.right.text();
    EXPECT_TRUE((row.right <=> row.left) == (0 <=> row.order)) << row.left.text() << " " << row.right.text();
  }
}

TEST(PartitionCheckpoint, OrderOfOnePartition) {
  const auto old = partition({{1, range(7, 9)}, {2, persisted(5)}});
  const struct {
    const char* what;
    PartitionCheckpoint other;
    std::partial_ordering order;
  } table[] = {
      {"equal", old, kSame},
      {"one advanced", partition({{1, range(8, 9)}, {2, persisted(5)}}), kLater},
      {"a sequencer added", partition({{1, range(7, 9)}, {2, persisted(5)}, {3, range(0, 0)}}), kLater},
      {"a sequencer forgotten", partition({{1, range(7, 9)}}), kEarlier},
      {"newer numbers, fewer sequencers", partition({{1, persisted(9)}}), kUnordered},
      {"each has its own", partition({{1, range(7, 9)}, {3, persisted(5)}}), kUnordered},
      {"one advanced, one went back", partition({{1, range(8, 9)}, {2, persisted(4)}}), kUnordered},
      {"another partition", partition({{1, range(7, 9)}, {2, persisted(5)}}, "q"), kUnordered},
  };
  for (const auto& row : table) {
    EXPECT_TRUE(compare(row.other, old) == row.order) << row.what;
    EXPECT_TRUE(compare(old, row.other) == (0 <=> row.order)) << row.what;
  }
}

TEST(PartitionCheckpoint, FlushTimestampAndLogs) {
  const auto early = partition({{1, range(7, 9)}});
  auto late = early;
  late.flush_timestamp = 100;
  EXPECT_TRUE(compare(early, late) == kSame);  // row times order nothing
  auto foreign = partition({{1, range(8, 9)}});
  foreign.log_id = model::Uuid{.bytes = {2}};
  EXPECT_TRUE(compare(early, foreign) == kUnordered);  // numbers of another log
}

TEST(DatabaseCheckpoint, FoldTable) {
  const struct {
    OptionalMinMaxSequence left, right, folded;
    bool warned;
  } table[] = {
      {range(7, 9), range(8, 12), range(8, 12), false},
      {persisted(9), range(5, 9), persisted(9), false},
      {range(7, 9), range(7, 9), range(7, 9), false},
      {range(10, 12), persisted(9), range(10, 12), false},
      {persisted(kLast), range(kLast, kLast), persisted(kLast), false},
      {range(7, 30), range(12, 19), range(7, 30), true},
      {range(7, 30), persisted(19), range(7, 30), true},
  };
  for (const auto& row : table) {
    for (const bool swapped : {false, true}) {
      const DatabaseCheckpoint left{kLog, {{{1}, swapped ? row.right : row.left}}};
      const DatabaseCheckpoint right{kLog, {{{1}, swapped ? row.left : row.right}}};
      const auto folded = fold(left, right);
      EXPECT_EQ(folded.checkpoint.ranges.at({1}), row.folded) << row.left.text() << " " << row.right.text();
      EXPECT_EQ(!folded.warnings.empty(), row.warned) << row.left.text() << " " << row.right.text();
    }
  }
}

TEST(DatabaseCheckpoint, FoldKeepsEverySequencer) {
  const DatabaseCheckpoint left{kLog, testing::ranges({{1, range(7, 9)}, {4, persisted(2)}})};
  const DatabaseCheckpoint right{kLog, testing::ranges({{2, range(1, 1)}, {4, persisted(3)}})};
  EXPECT_EQ(fold(left, right).checkpoint.ranges,
            testing::ranges({{1, range(7, 9)}, {2, range(1, 1)}, {4, persisted(3)}}));
}

TEST(DatabaseCheckpoint, WarningsNameBothClaims) {
  const auto folded = fold({kLog, {{{3}, range(7, 30)}}}, {kLog, {{{3}, range(12, 19)}}});
  ASSERT_EQ(folded.warnings.size(), 1u);
  EXPECT_EQ(
      folded.warnings[0].text(),
      "sequencer 3: checkpoint (12,19) contradicts checkpoint (7,30); the latter is used, so more may be replayed");
}

RC_GTEST_PROP(DatabaseCheckpoint, OrderOfFoldingDoesNotMatter, ()) {
  const auto number = rc::gen::oneOf(rc::gen::inRange<uint64_t>(0, 8), rc::gen::element(kLast - 1, kLast));
  const auto claims =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<std::pair<uint64_t, uint64_t>>>(rc::gen::pair(number, number)));
  std::vector<DatabaseCheckpoint> checkpoints;
  for (const auto& [a, b] : claims) checkpoints.push_back({kLog, {{{1}, a > b ? persisted(b) : range(a, b)}}});
  const auto fold_all = [](const std::vector<DatabaseCheckpoint>& all) {
    DatabaseCheckpoint result = all.front();
    for (const auto& one : all) result = fold(result, one).checkpoint;
    return result;
  };
  const auto forward = fold_all(checkpoints);
  std::ranges::reverse(checkpoints);
  RC_ASSERT(fold_all(checkpoints) == forward);
  std::ranges::rotate(checkpoints, checkpoints.begin() + static_cast<ptrdiff_t>(checkpoints.size() / 2));
  RC_ASSERT(fold_all(checkpoints) == forward);
}

}  // namespace
}  // namespace magnetite::persistence
