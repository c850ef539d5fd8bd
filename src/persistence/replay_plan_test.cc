#include "persistence/replay_plan.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "persistence/replay_filter.h"
#include "persistence/testing/ranges.h"

namespace magnetite::persistence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::persisted;
using testing::range;
using testing::Ranges;
using testing::ranges;

const model::Uuid kLog{.bytes = {1}};

PartitionCheckpoint partition(std::string key, const Ranges& list, std::optional<int64_t> timestamp = std::nullopt) {
  return {kLog, "t", std::move(key), ranges(list), timestamp};
}
DatabaseCheckpoint database(const Ranges& list) { return {kLog, ranges(list)}; }

using Checkpoint = std::variant<PartitionCheckpoint, DatabaseCheckpoint>;

Result<ReplayPlan> plan_of(const std::vector<Checkpoint>& checkpoints) {
  ReplayPlanner planner(kLog);
  for (const auto& one : checkpoints) std::visit([&](const auto& checkpoint) { planner.add(checkpoint); }, one);
  return std::move(planner).build();
}

// The same plan, or the same failure, in every order of up to a few checkpoints.
Result<ReplayPlan> plan_in_any_order(std::vector<Checkpoint> checkpoints) {
  const auto expected = plan_of(checkpoints);
  std::vector<size_t> order(checkpoints.size());
  std::ranges::generate(order, [i = size_t{0}]() mutable { return i++; });
  do {
    std::vector<Checkpoint> permuted;
    for (const size_t i : order) permuted.push_back(checkpoints[i]);
    const auto other = plan_of(permuted);
    EXPECT_EQ(other.has_value(), expected.has_value());
    if (!other || !expected) continue;
    EXPECT_EQ(other->database_checkpoint(), expected->database_checkpoint());
    for (const auto& name : expected->partitions())
      EXPECT_EQ(*other->last_partition_checkpoint(name), *expected->last_partition_checkpoint(name));
  } while (std::ranges::next_permutation(order).found);
  return expected;
}

std::string error_of(const std::vector<Checkpoint>& checkpoints) {
  const auto plan = plan_in_any_order(checkpoints);
  if (plan) return "";
  EXPECT_EQ(plan.error().code(), ErrorCode::kCorruption);
  return plan.error().message();
}

TEST(ReplayPlan, WithoutCheckpointsThereIsNothingToSeek) {
  const auto plan = plan_of({});
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->empty());
  EXPECT_THAT(plan->sequencer_ids(), IsEmpty());
  EXPECT_THAT(plan->partitions(), IsEmpty());
  EXPECT_FALSE(plan->start({0}));
  EXPECT_EQ(plan->last_partition_checkpoint({"t", "a"}), nullptr);
  EXPECT_TRUE(plan->check_sequencers({}));
}

// Every mix of present and absent ranges over two partitions; stale checkpoints do not matter.
TEST(ReplayPlan, TwoPartitionsOverManySequencers) {
  const auto a = partition("a",
                           {{1, range(15, 19)},
                            {2, range(21, 27)},
                            {5, persisted(50)},
                            {7, persisted(70)},
                            {8, persisted(80)},
                            {10, persisted(100)},
                            {11, persisted(110)}},
                           123);
  const auto b = partition("b",
                           {{2, range(22, 26)},
                            {3, range(35, 39)},
                            {6, persisted(60)},
                            {7, range(69, 71)},
                            {9, persisted(90)},
                            {10, range(99, 99)},
                            {11, persisted(110)}},
                           456);
  const auto everything = database({{1, range(11, 19)},
                                    {2, range(20, 28)},
                                    {3, range(30, 39)},
                                    {4, range(40, 40)},
                                    {5, range(50, 51)},
                                    {6, persisted(60)},
                                    {7, range(69, 71)},
                                    {8, persisted(81)},
                                    {9, range(3, 90)},
                                    {10, range(99, 100)},
                                    {11, persisted(110)}});
  const auto stale_a = partition("a", {{1, range(10, 11)}, {2, range(20, 20)}}, 9999);
  const auto stale = database({{1, range(10, 11)}, {2, range(18, 20)}});
  const auto plan = plan_in_any_order({a, b, everything, stale, stale_a});
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_EQ(plan->database_checkpoint(), everything);
  EXPECT_EQ(*plan->last_partition_checkpoint({"t", "a"}), a);
  EXPECT_EQ(*plan->last_partition_checkpoint({"t", "b"}), b);
  EXPECT_EQ(plan->last_partition_checkpoint({"u", "a"}), nullptr);
  EXPECT_EQ(plan->sequencer_ids().size(), 11u);
  EXPECT_THAT(plan->partitions(), ElementsAre(PartitionName{"t", "a"}, PartitionName{"t", "b"}));
  EXPECT_THAT(plan->warnings(), IsEmpty());
  EXPECT_EQ(plan->start({1})->seek->value, 11u);
  EXPECT_EQ(plan->start({1})->last->value, 19u);
  EXPECT_EQ(plan->start({6})->seek->value, 61u);
  EXPECT_FALSE(plan->start({6})->last);
  EXPECT_FALSE(plan->start({12}));
}

TEST(ReplayPlan, ThePartitionPersistedLastAndTheOneThatWasNot) {
  // #1 -> A, #2 -> B, A is persisted.
  const auto plan = plan_of({partition("A", {{0, persisted(1)}}, 100), database({{0, range(2, 2)}})}).value();
  EXPECT_EQ(plan.start({0})->seek->value, 2u);
  EXPECT_EQ(plan.start({0})->last->value, 2u);
  EXPECT_EQ(replay_decision(plan.last_partition_checkpoint({"t", "B"}), {{0}, {2}}), ReplayDecision(ApplyAll{}));
  EXPECT_TRUE(plan.is_last({{0}, {2}}).value());
}

TEST(ReplayPlan, WhatThePersistedPartitionHasSeenIsNotStoredTwice) {
  // #1 -> B, #2 -> A, A is persisted.
  const auto file_of_a = partition("A", {{0, persisted(2)}}, 100);
  const auto first = plan_of({file_of_a, database({{0, range(1, 2)}})}).value();
  EXPECT_EQ(first.start({0})->seek->value, 1u);
  EXPECT_EQ(replay_decision(first.last_partition_checkpoint({"t", "B"}), {{0}, {1}}), ReplayDecision(ApplyAll{}));
  EXPECT_FALSE(first.is_last({{0}, {1}}).value());
  EXPECT_EQ(replay_decision(first.last_partition_checkpoint({"t", "A"}), {{0}, {2}}), ReplayDecision(SkipAll{}));
  EXPECT_TRUE(first.is_last({{0}, {2}}).value());
  // B is persisted later: nothing is left to replay.
  const auto second = plan_in_any_order({file_of_a, database({{0, range(1, 2)}}),
                                         partition("B", {{0, persisted(1)}}, 100), database({{0, persisted(2)}})})
                          .value();
  EXPECT_EQ(second.start({0})->seek->value, 3u);
  EXPECT_FALSE(second.start({0})->last);
  EXPECT_THAT(second.warnings(), IsEmpty());
}

TEST(ReplayPlan, ContradictionsThatPreventAStart) {
  EXPECT_THAT(error_of({partition("a", {{1, range(5, 9)}}), partition("a", {{1, range(4, 10)}}),
                        database({{1, range(4, 10)}})}),
              HasSubstr("partition 'a' of table 't': two of its checkpoints contradict"));
  EXPECT_THAT(error_of({partition("a", {{1, range(5, 9)}})}),
              HasSubstr("names sequencer 1, no database checkpoint does"));
  EXPECT_THAT(error_of({partition("a", {{1, range(5, 9)}}), database({{1, range(5, 8)}})}),
              HasSubstr("has seen number 9 of sequencer 1, the database only 8"));
  // A later checkpoint settles an old contradiction.
  EXPECT_EQ(error_of({partition("a", {{1, range(5, 9)}}), partition("a", {{1, range(4, 10)}}),
                      partition("a", {{1, persisted(10)}}), database({{1, persisted(10)}})}),
            "");
}

TEST(ReplayPlan, ContradictionsThatAreHarmless) {
  const auto dropped = plan_in_any_order({partition("a", {{1, range(5, 9)}}), database({{1, persisted(9)}})});
  ASSERT_TRUE(dropped);
  EXPECT_THAT(dropped->warnings(), ElementsAre(HasSubstr("number 5 of sequencer 1")));
  const auto partly = plan_in_any_order({partition("a", {{1, range(5, 9)}}), database({{1, range(7, 9)}})});
  EXPECT_THAT(partly.value().warnings(), ElementsAre(HasSubstr("dropped data")));
  const auto careful = plan_in_any_order({database({{1, range(7, 30)}}), database({{1, range(12, 19)}})});
  EXPECT_EQ(careful.value().start({1})->seek->value, 7u);
  EXPECT_THAT(careful->warnings(), ElementsAre(HasSubstr("more may be replayed")));
}

TEST(ReplayPlan, OfEqualRangesTheLaterTimestampIsTrueToo) {
  const auto plan = plan_in_any_order({partition("a", {{1, range(5, 9)}}, 100), partition("a", {{1, range(5, 9)}}, 200),
                                       partition("a", {{1, range(5, 9)}}), database({{1, range(5, 9)}})});
  EXPECT_EQ(plan.value().last_partition_checkpoint({"t", "a"})->flush_timestamp, 200);
}

TEST(ReplayPlan, AnotherLogSaysNothing) {
  auto foreign_partition = partition("a", {{1, range(5, 9)}});
  auto foreign_database = database({{1, range(5, 9)}});
  foreign_partition.log_id = foreign_database.log_id = model::Uuid{.bytes = {2}};
  EXPECT_TRUE(plan_of({foreign_partition, foreign_database}).value().empty());
}

TEST(ReplayPlan, TheLogMustHoldWhatThePlanNeeds) {
  const auto plan = plan_of({database({{1, range(5, 9)}, {2, persisted(7)}})}).value();
  EXPECT_TRUE(plan.check_sequencers({{1}, {2}, {3}}));
  const auto unknown = plan.check_sequencers({{0}, {1}});
  EXPECT_EQ(unknown.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(unknown.error().message(), "the catalog knows sequencer 2, the log has only 0, 1");

  EXPECT_TRUE(plan.check_extent({1}, {5}, {10}));
  EXPECT_TRUE(plan.check_extent({1}, {0}, {100}));
  EXPECT_THAT(plan.check_extent({1}, {0}, {9}).error().message(), HasSubstr("truncated"));
  EXPECT_THAT(plan.check_extent({1}, {6}, {10}).error().message(), HasSubstr("deleted"));
  EXPECT_TRUE(plan.check_extent({2}, {8}, {8}));
  EXPECT_THAT(plan.check_extent({2}, {9}, {9}).error().message(), HasSubstr("deleted"));
  EXPECT_TRUE(plan.check_extent({3}, {9}, {9}));  // never seen
}

TEST(ReplayPlan, AMissingLastEntryIsNoticed) {
  const auto plan = plan_of({database({{1, range(0, 1)}})}).value();
  EXPECT_FALSE(plan.is_last({{1}, {0}}).value());
  const auto lost = plan.is_last({{1}, {2}});
  EXPECT_EQ(lost.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(lost.error().message(), HasSubstr("number 2 follows where 1 should come"));
}

TEST(ReplayPlan, TheLastNumberOfAllHasNoSuccessor) {
  const auto plan = plan_of({database({{1, persisted(UINT64_MAX)}})}).value();
  EXPECT_FALSE(plan.start({1})->seek);
  EXPECT_FALSE(plan.start({1})->last);
}

}  // namespace
}  // namespace magnetite::persistence
