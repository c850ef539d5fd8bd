#include "persistence/replay_filter.h"

#include <gtest/gtest.h>

#include "persistence/testing/ranges.h"

namespace magnetite::persistence {
namespace {

using testing::persisted;
using testing::range;

constexpr uint64_t kLast = UINT64_MAX;
const ReplayDecision kAll = ApplyAll{};
const ReplayDecision kSkip = SkipAll{};
const ReplayDecision kSome = ApplyRowsAfter{1000};

PartitionCheckpoint checkpoint(OptionalMinMaxSequence one, std::optional<int64_t> timestamp = 1000) {
  return {{.bytes = {1}}, "t", "p", {{{1}, one}}, timestamp};
}

TEST(ReplayFilter, EveryBoundary) {
  const struct {
    OptionalMinMaxSequence range;
    uint64_t number;
    ReplayDecision decision;
  } table[] = {
      {persisted(0), 0, kSkip},
      {persisted(0), 1, kAll},
      {persisted(10), 9, kSkip},
      {persisted(10), 10, kSkip},
      {persisted(10), 11, kAll},
      {persisted(kLast), kLast, kSkip},
      {range(0, 0), 0, kSome},
      {range(0, 0), 1, kAll},
      {range(10, 10), 9, kSkip},
      {range(10, 10), 10, kSome},
      {range(10, 10), 11, kAll},
      {range(10, 20), 9, kSkip},
      {range(10, 20), 10, kSome},
      {range(10, 20), 15, kSome},
      {range(10, 20), 20, kSome},
      {range(10, 20), 21, kAll},
      {range(kLast, kLast), kLast, kSome},
      {range(kLast, kLast), kLast - 1, kSkip},
  };
  for (const auto& row : table) {
    const auto last = checkpoint(row.range);
    EXPECT_EQ(replay_decision(&last, {{1}, {row.number}}), row.decision) << row.range.text() << " " << row.number;
  }
}

TEST(ReplayFilter, WithoutACheckpointNothingIsPersisted) {
  EXPECT_EQ(replay_decision(nullptr, {{1}, {0}}), kAll);
  const auto other = checkpoint(persisted(10));
  EXPECT_EQ(replay_decision(&other, {{2}, {5}}), kAll);  // a sequencer it never saw
}

TEST(ReplayFilter, WithoutATimestampPartsAreApplied) {
  const auto dropped = checkpoint(range(10, 20), std::nullopt);
  EXPECT_EQ(replay_decision(&dropped, {{1}, {9}}), kSkip);
  EXPECT_EQ(replay_decision(&dropped, {{1}, {10}}), kAll);
}

}  // namespace
}  // namespace magnetite::persistence
