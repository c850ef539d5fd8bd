#include <gmock/gmock.h>

#include <random>

#include "lifecycle/choose.h"
#include "lifecycle/chunk_order.h"
#include "lifecycle/testing/views.h"

namespace magnetite::lifecycle {
namespace {

using testing::chunk;
using testing::doing;
using testing::partition;
using testing::wall;
using Positions = std::vector<size_t>;

constexpr auto kStored = Stage::kUnloaded;
constexpr int64_t kQuiet = 100'000;

model::LifecycleRules rules() {
  model::LifecycleRules result;
  result.persist_row_threshold = 1000;
  return result;
}

Positions files(std::vector<ChunkView> chunks, int64_t now) {
  const auto choice = choose_file_compaction(partition(std::move(chunks)), rules(), wall(now));
  return choice ? choice->chunks : Positions{};
}

TEST(ChooseFiles, AQuietPartitionHoldsNoIdentityTwice) {
  const std::vector big = {chunk(1, kStored, 9000, {0, 10}), chunk(2, kStored, 9000, {20, 30}),
                           chunk(3, kStored, 9000, {5, 7}), chunk(4, kStored, 9000, {30, 40})};
  EXPECT_EQ(files(big, 1), Positions{});  // big ones are not rewritten while late rows may come
  EXPECT_EQ(files(big, kQuiet), (Positions{0, 2}));
  EXPECT_EQ(files({big[1], big[3]}, kQuiet), (Positions{0, 1}));
  EXPECT_EQ(files({big[0], big[1]}, kQuiet), Positions{});
}

TEST(ChooseFiles, BusyFilesAndUnpersistedOnesBetween) {
  const auto first = chunk(1, kStored, 9000, {0, 10});
  const auto last = chunk(3, kStored, 9000, {5, 7});
  EXPECT_EQ(files({first, chunk(2, Stage::kInMemory, 10, {10, 12}), last}, kQuiet), Positions{});
  EXPECT_EQ(files({first, chunk(2, Stage::kInMemory, 10, {11, 12}), last}, kQuiet), (Positions{0, 2}));
  EXPECT_EQ(files({first, doing(Activity::kCompacting, last)}, kQuiet), Positions{});
}

TEST(ChooseFiles, SmallNeighboursThatDoubleTheLargest) {
  const auto small = [](uint32_t id, uint64_t rows) { return chunk(id, kStored, rows, {id * 10, id * 10 + 5}); };
  EXPECT_EQ(files({small(1, 10), small(2, 10), small(3, 10)}, 1), Positions{});
  EXPECT_EQ(files({small(1, 10), small(2, 10), small(3, 10), small(4, 10)}, 1), (Positions{0, 1, 2, 3}));
  EXPECT_EQ(files({small(1, 900), small(2, 10), small(3, 10), small(4, 10)}, 1), Positions{});
}

// Bursts of late rows, each persisted as a file of its own; rewriting is counted.
struct Simulation {
  PartitionView view = partition({}, kQuiet);
  uint64_t rows_written = 0;
  uint64_t rows_rewritten = 0;
  size_t files_max = 0;
  uint32_t next = 0;

  void burst(uint64_t rows, model::TimeRange times) {
    view.chunks.push_back(chunk(next++, kStored, rows, times));
    rows_written += rows;
    settle(kQuiet);
  }
  void settle(int64_t now) {
    while (const auto choice = choose_file_compaction(view, rules(), wall(now))) {
      ASSERT_TRUE(may_merge(view.chunks, choice->chunks));
      ChunkView result = view.chunks[choice->chunks.back()];
      result.rows = 0;
      for (const size_t i : choice->chunks) {
        result.rows += view.chunks[i].rows;
        result.times.include(view.chunks[i].times);
      }
      rows_rewritten += result.rows;
      view.chunks[choice->chunks.back()] = result;
      for (size_t i = choice->chunks.size() - 1; i-- > 0;)
        view.chunks.erase(view.chunks.begin() + static_cast<ptrdiff_t>(choice->chunks[i]));
    }
    files_max = std::max(files_max, view.chunks.size());
  }
};

TEST(ChooseFiles, TenThousandBurstsLeaveFewFiles) {
  std::mt19937_64 random(7);
  Simulation simulation;
  simulation.burst(100'000, {0, 1000});
  for (int i = 0; i < 10'000; ++i) {
    const auto start = static_cast<int64_t>(random() % 990);
    simulation.burst(1 + random() % 9, {start, start + 10});
  }
  const uint64_t large = simulation.rows_written / rules().persist_row_threshold;
  EXPECT_LE(simulation.files_max, kSmallFilesMax + 1 + large);
  EXPECT_LE(simulation.rows_rewritten, (simulation.rows_written - 100'000) * 12);
  simulation.settle(kQuiet * 10);
  EXPECT_EQ(simulation.view.chunks.size(), 1u);  // all of it overlaps
}

// Sizes for which doubling alone would never find a run.
TEST(ChooseFiles, UnfortunateSizesLeaveFewFilesToo) {
  Simulation simulation;
  for (uint32_t i = 1; i <= 10'000; ++i)
    simulation.burst(std::min<uint64_t>(uint64_t{1} << (2 * static_cast<uint32_t>(std::countr_zero(i))), 999), {i, i});
  EXPECT_LE(simulation.files_max, kSmallFilesMax + 1 + simulation.rows_written / rules().persist_row_threshold);
}

}  // namespace
}  // namespace magnetite::lifecycle
