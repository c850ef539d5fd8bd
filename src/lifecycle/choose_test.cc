#include "lifecycle/choose.h"

#include <gmock/gmock.h>

#include "lifecycle/testing/views.h"

namespace magnetite::lifecycle {
namespace {

using testing::chunk;
using testing::doing;
using testing::kSecond;
using testing::partition;
using testing::wall;

constexpr auto kOpen = Stage::kOpen;
constexpr auto kClosed = Stage::kClosed;
constexpr auto kMemory = Stage::kInMemory;

model::LifecycleRules rules(uint32_t late_seconds = 10) {
  model::LifecycleRules result;
  result.late_arrive_window_seconds = late_seconds;
  result.persist_row_threshold = 1000;
  result.persist_age_threshold_seconds = 1800;
  return result;
}

std::vector<size_t> compaction(std::vector<ChunkView> chunks, int64_t now = 20) {
  const auto choice = choose_compaction(partition(std::move(chunks), now), rules(), wall(now));
  return choice ? choice->chunks : std::vector<size_t>{};
}
using Positions = std::vector<size_t>;

TEST(Elapsed, NeverNegative) {
  EXPECT_EQ(elapsed(wall(5), wall(10)), std::chrono::seconds(5));
  EXPECT_EQ(elapsed(wall(10), wall(10)), Duration::zero());
  EXPECT_EQ(elapsed(wall(15), wall(10)), Duration::zero());
}

TEST(Retry, DoublesFromTheEndOfTheJob) {
  EXPECT_LT(retry_at({}), testing::mono(0));
  EXPECT_EQ(retry_at({1, testing::mono(100)}), testing::mono(101));
  EXPECT_EQ(retry_at({2, testing::mono(100)}), testing::mono(102));
  EXPECT_EQ(retry_at({5, testing::mono(100)}), testing::mono(116));
  EXPECT_EQ(retry_at({1000, testing::mono(100)}), testing::mono(400));
}

TEST(ChooseCompaction, OpenChunksWhenColdOrFull) {
  const auto open = [](uint64_t rows, int64_t last_write) { return chunk(0, kOpen, rows, {0, 1}, last_write); };
  EXPECT_EQ(compaction({open(1, 0)}, 9), Positions{});
  EXPECT_EQ(compaction({open(1, 0)}, 11), Positions{0});
  EXPECT_EQ(compaction({open(99'999, 0)}, 1), Positions{});
  EXPECT_EQ(compaction({open(100'000, 0)}, 1), Positions{0});
  EXPECT_EQ(compaction({open(99'999, 0)}, 11), Positions{0});
}

TEST(ChooseCompaction, Table) {
  const auto hot = chunk(9, kOpen, 10, {0, 100}, 18);
  const auto cold = chunk(9, kOpen, 10, {0, 100}, 5);
  const auto busy = [](uint32_t id) { return doing(Activity::kCompacting, chunk(id, kMemory)); };
  EXPECT_EQ(compaction({hot}), Positions{});
  EXPECT_EQ(compaction({chunk(1, kClosed), hot}), Positions{0});
  EXPECT_EQ(
      compaction({chunk(1, Stage::kPersisted), chunk(2, Stage::kUnloaded), chunk(3, kMemory), chunk(4, kClosed), cold}),
      (Positions{2, 3, 4}));
  EXPECT_EQ(compaction({chunk(1, kMemory), chunk(2, kMemory), hot}), (Positions{0, 1}));
  EXPECT_EQ(compaction({cold}), Positions{0});
  EXPECT_EQ(compaction({chunk(1, kMemory)}), Positions{});
  EXPECT_EQ(compaction({busy(1), chunk(2, kMemory)}), Positions{});
  EXPECT_EQ(compaction({chunk(1, kMemory), busy(2), chunk(3, kMemory), chunk(4, kMemory)}), (Positions{2, 3}));
}

TEST(ChooseCompaction, TheRowBudgetAndTheOrder) {
  const auto memory = [](uint32_t id, uint64_t rows, model::TimeRange times) {
    return chunk(id, kMemory, rows, times);
  };
  // The big one in the middle may not be passed over.
  EXPECT_EQ(compaction({memory(1, 400, {0, 9}), memory(2, 1000, {0, 9}), memory(3, 400, {0, 9}), memory(4, 400, {0, 9}),
                        memory(5, 400, {0, 9})}),
            (Positions{2, 3}));
  // Unless it is disjoint from what would move past it.
  EXPECT_EQ(compaction({memory(1, 400, {0, 9}), memory(2, 1000, {10, 19}), memory(3, 400, {0, 9}),
                        memory(4, 400, {0, 9}), memory(5, 400, {0, 9})}),
            (Positions{0, 2}));
  EXPECT_EQ(compaction({memory(1, 400, {0, 9}), memory(2, 1000, {0, 9}), chunk(3, kClosed, 9, {20, 29})}),
            Positions{2});
}

struct Windows {
  std::optional<UnpersistedView::Window> persistable, deferred;
  std::optional<int64_t> oldest;
};
PartitionView with_windows(const Windows& windows, int64_t last_write) {
  PartitionView view = partition({chunk(1, kMemory)}, last_write);
  view.unpersisted.persistable = windows.persistable;
  view.unpersisted.deferred = windows.deferred;
  if (windows.oldest) view.unpersisted.oldest = wall(*windows.oldest);
  return view;
}

TEST(ChoosePersist, ByRowsAgeAndColdness) {
  auto limits = rules(100);
  limits.persist_age_threshold_seconds = 500;
  const auto window = [](uint64_t rows, int64_t created, int64_t min, int64_t max) {
    return UnpersistedView::Window{wall(created), rows, {min * kSecond, max * kSecond}};
  };
  const struct {
    const char* what;
    Windows windows;
    int64_t last_write;
    bool persists;
    std::optional<int64_t> split;  // seconds
  } table[] = {
      {"nothing unpersisted", {}, 0, false, {}},
      {"few and young", {window(999, 850, 1, 20), {}, 850}, 990, false, {}},
      {"enough rows", {window(1000, 850, 1, 20), {}, 850}, 990, true, 20},
      {"old", {window(1, 500, 1, 20), {}, 500}, 990, true, 20},
      {"old, but not persistable yet", {{}, {}, 500}, 990, false, {}},
      {"cold", {{}, {}, 890}, 900, true, {}},
      {"almost cold", {{}, {}, 890}, 901, false, {}},
      {"cold and dated in the future", {{}, window(1, 890, 5000, 6000), 890}, 900, true, {}},
      {"the split is never after now", {window(1000, 850, 1, 5000), {}, 850}, 990, true, 1000},
      {"partly in the future, by age", {window(1, 500, 1, 5000), {}, 500}, 990, true, {}},
      {"all in the future: not by rows", {window(5000, 850, 1001, 5000), {}, 850}, 990, false, {}},
      {"all in the future: by age", {window(5000, 500, 1001, 5000), {}, 500}, 990, true, {}},
      {"left by an earlier flush, young", {{}, window(0, 850, 1001, 5000), 850}, 990, false, {}},
      {"left by an earlier flush, old", {{}, window(0, 500, 1001, 5000), 500}, 990, true, {}},
  };
  for (const auto& row : table) {
    const auto choice = choose_persist(with_windows(row.windows, row.last_write), limits, wall(1000));
    ASSERT_EQ(choice.has_value(), row.persists) << row.what;
    if (!choice) continue;
    EXPECT_EQ(choice->split_timestamp, row.split ? std::optional(*row.split * kSecond) : std::nullopt) << row.what;
    EXPECT_NE(choice->reason, "") << row.what;
  }
}

TEST(ChoosePersist, OneFlushAtATimeAndOnlyWhenAsked) {
  auto view = with_windows({{}, {}, 0}, 0);
  EXPECT_TRUE(choose_persist(view, rules(), wall(1000)));
  auto off = rules();
  off.persist = false;
  EXPECT_FALSE(choose_persist(view, off, wall(1000)));
  view.unpersisted.flushing = true;
  EXPECT_FALSE(choose_persist(view, rules(), wall(1000)));
}

TEST(ChooseFullCompaction, Table) {
  constexpr auto kStored = Stage::kUnloaded;
  const auto busy = [](uint32_t id) { return doing(Activity::kCompacting, chunk(id, kMemory)); };
  const auto whole = [](std::vector<ChunkView> chunks) -> std::pair<Positions, bool> {
    const auto choice = choose_full_compaction(partition(std::move(chunks)));
    return choice ? std::pair(choice->chunks, choice->files) : std::pair(Positions{}, false);
  };
  using Answer = std::pair<Positions, bool>;
  EXPECT_EQ(whole({}), Answer({}, false));
  EXPECT_EQ(whole({chunk(1, kMemory)}), Answer({}, false));
  EXPECT_EQ(whole({chunk(1, kOpen)}), Answer({0}, false)) << "columns become an image";
  EXPECT_EQ(whole({chunk(1, kMemory), chunk(2, kMemory), chunk(3, kOpen)}), Answer({0, 1, 2}, false));
  EXPECT_EQ(whole({chunk(1, kStored), chunk(2, kStored), chunk(3, kMemory)}), Answer({0, 1}, true));
  EXPECT_EQ(whole({chunk(1, kStored), chunk(2, kStored), chunk(3, kMemory), chunk(4, kMemory)}), Answer({2, 3}, false));
  EXPECT_EQ(
      whole({chunk(1, kMemory, 10, {0, 9}), busy(2), chunk(3, kMemory, 10, {0, 9}), chunk(4, kMemory, 10, {0, 9})}),
      Answer({2, 3}, false))
      << "busy ones are not passed over where times overlap";
}

}  // namespace
}  // namespace magnetite::lifecycle
