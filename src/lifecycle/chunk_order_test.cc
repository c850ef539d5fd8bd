#include "lifecycle/chunk_order.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "lifecycle/testing/views.h"

namespace magnetite::lifecycle {
namespace {

using testing::chunk;
using testing::doing;

constexpr auto kMemory = Stage::kInMemory;

TEST(ChunkOrder, NeighboursMayMerge) {
  const std::vector chunks = {chunk(1, kMemory), chunk(2, kMemory), chunk(3, kMemory)};
  EXPECT_TRUE(may_merge(chunks, {0, 1}));
  EXPECT_TRUE(may_merge(chunks, {1, 2}));
  EXPECT_TRUE(may_merge(chunks, {0, 1, 2}));
  EXPECT_FALSE(may_merge(chunks, {0, 2}));
  EXPECT_TRUE(may_merge(chunks, {1}));
  EXPECT_FALSE(may_merge(chunks, {}));
}

TEST(ChunkOrder, WhatIsDisjointFromAllThatMovesMayBePassedOver) {
  std::vector chunks = {chunk(1, kMemory, 10, {0, 9}), chunk(2, kMemory, 10, {10, 20}),
                        chunk(3, kMemory, 10, {15, 30})};
  EXPECT_TRUE(may_merge(chunks, {0, 2}));  // only the first one moves past the second
  chunks[0].times.max = 10;
  EXPECT_FALSE(may_merge(chunks, {0, 2}));
}

TEST(ChunkOrder, HalvesOfASplitShareTheirOrder) {
  auto late = chunk(2, kMemory, 10, {50, 90});
  auto early = chunk(3, kMemory, 10, {0, 49});
  early.order = late.order;
  EXPECT_TRUE(may_merge({late, early, chunk(4, kMemory, 10, {0, 90})}, {0, 2}));
  EXPECT_TRUE(may_merge({early, late, chunk(4, kMemory, 10, {0, 90})}, {1, 2}));
  // The result would have the order of a half that it overlaps.
  EXPECT_FALSE(may_merge({chunk(1, kMemory, 10, {0, 9}), late, early}, {0, 1}));
}

TEST(ChunksToPersist, ThoseWithRowsUpToTheSplit) {
  const std::vector chunks = {chunk(1, Stage::kPersisted), chunk(2, kMemory, 10, {0, 20}), chunk(3, Stage::kUnloaded),
                              chunk(4, Stage::kOpen, 10, {20, 30}), chunk(5, Stage::kOpen, 10, {21, 30})};
  EXPECT_EQ(chunks_to_persist(chunks, 19).chunks, (std::vector<size_t>{1}));
  EXPECT_EQ(chunks_to_persist(chunks, -1).chunks, std::vector<size_t>{});
  EXPECT_FALSE(chunks_to_persist(chunks, -1).blocked);
}

TEST(ChunksToPersist, TakeAlongWhatMustNotBePassedOver) {
  // Rows after the split of the first one would move past the second.
  const std::vector chunks = {chunk(1, kMemory, 10, {0, 50}), chunk(2, kMemory, 10, {40, 60}),
                              chunk(3, kMemory, 10, {70, 90}), chunk(4, Stage::kOpen, 10, {10, 90})};
  EXPECT_EQ(chunks_to_persist(chunks, 20).chunks, (std::vector<size_t>{0, 1, 3}));
  EXPECT_EQ(chunks_to_persist(chunks, std::nullopt).chunks, (std::vector<size_t>{0, 1, 2, 3}));
}

TEST(ChunksToPersist, BusyChunksBlock) {
  std::vector chunks = {chunk(1, kMemory, 10, {0, 20}), doing(Activity::kCompacting, chunk(2, kMemory, 10, {30, 40}))};
  EXPECT_FALSE(chunks_to_persist(chunks, 20).blocked);
  EXPECT_TRUE(chunks_to_persist(chunks, 30).blocked);
  EXPECT_TRUE(chunks_to_persist(chunks, 30).stall_compaction);
  chunks[1].activity = Activity::kPersisting;
  EXPECT_TRUE(chunks_to_persist(chunks, 30).blocked);
  EXPECT_FALSE(chunks_to_persist(chunks, 30).stall_compaction);
}

// What a query sees: per time the value of the last chunk that has it. Values are chunk ids.
using Visible = std::map<int64_t, uint32_t>;
struct Rows {
  uint64_t order;
  std::map<int64_t, uint32_t> values;
};
Visible visible(std::vector<Rows> chunks) {
  std::ranges::stable_sort(chunks, {}, &Rows::order);
  Visible result;
  for (const auto& [order, values] : chunks) {
    for (const auto& [time, value] : values) result[time] = value;
  }
  return result;
}

struct Generated {
  std::vector<ChunkView> views;
  std::vector<Rows> rows;
};
// Few rows each, close together, so that many of them overlap and many do not.
Generated any_chunks() {
  Generated result;
  const auto count = *rc::gen::inRange(1u, 7u);
  for (uint32_t i = 0; i < count; ++i) {
    ChunkView view =
        chunk(i, *rc::gen::element(Stage::kInMemory, Stage::kPersisted, Stage::kOpen), 10, model::TimeRange::none());
    Rows rows{i, {}};
    const int start = *rc::gen::inRange(0, 16);
    for (const int offset : *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4)))) {
      view.times.include(start + offset);
      rows.values[start + offset] = i;
    }
    result.views.push_back(view);
    result.rows.push_back(rows);
  }
  return result;
}

std::vector<Rows> merged(const std::vector<Rows>& rows, const std::vector<size_t>& selected, int64_t split) {
  std::vector<Rows> sources, result;
  for (size_t i = 0; i < rows.size(); ++i)
    (std::ranges::binary_search(selected, i) ? sources : result).push_back(rows[i]);
  Rows upto{sources.back().order, {}}, after{sources.back().order, {}};
  for (const auto& [time, value] : visible(sources)) (time <= split ? upto : after).values[time] = value;
  result.push_back(upto);
  result.push_back(after);
  return result;
}

RC_GTEST_PROP(ChunkOrder, AMergeChangesNoAnswer, ()) {
  const auto [views, rows] = any_chunks();
  std::vector<size_t> selected;
  for (size_t i = 0; i < views.size(); ++i) {
    if (*rc::gen::arbitrary<bool>()) selected.push_back(i);
  }
  if (!may_merge(views, selected)) return;
  RC_ASSERT(visible(merged(rows, selected, INT64_MAX)) == visible(rows));
}

RC_GTEST_PROP(ChunksToPersist, LeaveNothingBehindAndChangeNoAnswer, ()) {
  const auto [views, rows] = any_chunks();
  const int64_t split = *rc::gen::inRange(0, 20);
  const auto wanted = chunks_to_persist(views, split);
  for (size_t i = 0; i < views.size(); ++i) {
    if (!views[i].persisted() && views[i].times.min <= split) RC_ASSERT(std::ranges::binary_search(wanted.chunks, i));
  }
  if (wanted.blocked || wanted.chunks.empty()) return;
  RC_ASSERT(visible(merged(rows, wanted.chunks, split)) == visible(rows));
}

}  // namespace
}  // namespace magnetite::lifecycle
