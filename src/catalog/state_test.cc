#include "catalog/state.h"

#include "catalog/testing/fixture.h"

namespace magnetite::catalog {
namespace {

using namespace testing;
using Tag = model::ColumnType;

std::shared_ptr<const State> after(std::vector<Transaction> transactions) {
  StateEditor editor(empty_state(uuid(1)));
  for (const Transaction& each : transactions) {
    const auto applied = editor.apply(each);
    EXPECT_TRUE(applied.has_value()) << (applied ? "" : applied.error().message());
  }
  return std::move(editor).finish(transactions.size(), uuid(3));
}

TEST(State, ActionsOfOneTransactionHappenInOrder) {
  const AddFile a = add("a");
  EXPECT_EQ(after({{{a, removal(a)}}})->file_count, 0U);
  EXPECT_EQ(after({{{a, removal(a), a}}})->file_count, 1U);
  EXPECT_EQ(after({{{a}}, {{removal(a), a, removal(a)}}})->file_count, 0U);
  EXPECT_EQ(after({{{a}}, {{removal(a), a}}})->file_count, 1U);
}

TEST(State, FilesLieInWriteOrder) {
  EXPECT_EQ(paths(*after({{{add("c", 3), add("a", 1)}}, {{add("b", 2)}}})),
            (std::vector<std::string>{"data/cpu/a.parquet", "data/cpu/b.parquet", "data/cpu/c.parquet"}));
}

TEST(State, WhatAPartitionSawOutlivesItsFiles) {
  const auto state =
      after({{{kLog, add("a", 7), AdvancePartition{partition_at(4)}}, database_at(4)}, {{removal(add("a", 7))}}});
  const Partition* partition = state->find("cpu")->find("2026-01-01");
  ASSERT_NE(partition, nullptr);
  EXPECT_EQ(partition->checkpoint, partition_at(4));
  EXPECT_EQ(partition->order_max.value, 7U);
  EXPECT_EQ(state->checkpoint, database_at(4));
}

TEST(State, CheckpointsNeedNoFileAndNeverGoBack) {
  const auto state = after({{{kLog, AdvancePartition{partition_at(4)}}, database_at(4)},
                            {{AdvancePartition{partition_at(3)}}, database_at(3)}});
  EXPECT_EQ(state->find("cpu")->find("2026-01-01")->checkpoint, partition_at(4));
  EXPECT_EQ(state->checkpoint, database_at(4));
}

TEST(State, ANewLogBeginsWithAnEmptyCheckpoint) {
  const StartLog next{uuid(8), 4};
  const auto state = after({{{kLog}, database_at(4)}, {{next}}});
  EXPECT_EQ(state->log->log_id, next.log_id);
  EXPECT_EQ(state->checkpoint, (persistence::DatabaseCheckpoint{next.log_id, {}}));
}

TEST(State, ASnapshotDoesNotChangeAndSharesWhatStays) {
  const auto before = after({{{add("a"), add("m", 1, "mem")}}});
  StateEditor editor(before);
  ASSERT_TRUE(editor.apply({{add("b", 2)}}).has_value());
  const auto now = std::move(editor).finish(2, uuid(4));
  EXPECT_EQ(before->file_count, 2U);
  EXPECT_EQ(now->file_count, 3U);
  EXPECT_EQ(before->find("mem"), now->find("mem"));
  EXPECT_EQ(before->find("cpu")->find("2026-01-01")->files[0], now->find("cpu")->find("2026-01-01")->files[0]);
}

TEST(State, TablesAndKeysOnlyGrow) {
  const AddColumns columns{"cpu", {{{2}, "host", Tag::kTag}, {{1}, "load", Tag::kFloat}, {{5}, "rack", Tag::kTag}}};
  const auto state = after({{{columns, SetSortKey{"cpu", {{2}}}}}, {{columns, SetSortKey{"cpu", {{2}, {5}}}}}});
  EXPECT_EQ(state->find("cpu")->columns.size(), 3U);
  EXPECT_EQ(state->find("cpu")->columns[0].name, "load");
  EXPECT_EQ(*state->find("cpu")->sort_key, (std::vector<model::ColumnId>{{2}, {5}}));
}

TEST(State, RefusesWhatContradictsIt) {
  const AddColumns columns{"cpu", {{{1}, "host", Tag::kTag}, {{2}, "load", Tag::kFloat}, {{3}, "rack", Tag::kTag}}};
  const Transaction base{{kLog, columns, SetSortKey{"cpu", {{1}}}, add("a"), AdvancePartition{partition_at(4)}}, {}};
  auto other_sequencer = partition_at(2);
  other_sequencer.ranges.emplace(model::SequencerId{1}, persistence::OptionalMinMaxSequence::persisted({1}));
  auto other_log = partition_at(9);
  other_log.log_id = uuid(7);
  AddFile no_rows = add("z");
  no_rows.file.row_count = 0;
  AddFile long_key = add("z");
  long_key.file.last_series = std::string(kSeriesKeyBytesMax + 1, 'x');
  AddFile no_path = add("z");
  no_path.file.path = "data//z";
  const std::vector<std::pair<const char*, Transaction>> cases = {
      {"a path twice", {{add("a")}}},
      {"a removal of nothing", {{removal(add("b"))}}},
      {"a removal in another table", {{removal(add("a", 1, "mem"))}}},
      {"no path", {{no_path}}},
      {"an empty file", {{no_rows}}},
      {"a long series key", {{long_key}}},
      {"checkpoints that contradict", {{AdvancePartition{other_sequencer}}}},
      {"a partition of another log", {{AdvancePartition{other_log}}}},
      {"a database of another log", {{}, persistence::DatabaseCheckpoint{uuid(7), {}}}},
      {"the same log again", {{kLog}}},
      {"a log without sequencers", {{StartLog{uuid(8), 0}}}},
      {"a column with another type", {{AddColumns{"cpu", {{{1}, "host", Tag::kFloat}}}}}},
      {"a column with another id", {{AddColumns{"cpu", {{{4}, "host", Tag::kTag}}}}}},
      {"the time column", {{AddColumns{"cpu", {{{0}, "time", Tag::kTime}}}}}},
      {"a sort key that changes", {{SetSortKey{"cpu", {{3}, {1}}}}}},
      {"a sort key with a field", {{SetSortKey{"cpu", {{1}, {2}}}}}},
      {"a sort key with a tag twice", {{SetSortKey{"cpu", {{1}, {1}}}}}},
  };
  for (const auto& [what, transaction] : cases) {
    StateEditor editor(after({base}));
    const auto applied = editor.apply(transaction);
    ASSERT_FALSE(applied.has_value()) << what;
    EXPECT_EQ(applied.error().code(), ErrorCode::kInvalidInput) << what;
  }
}

}  // namespace
}  // namespace magnetite::catalog
