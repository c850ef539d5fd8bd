#include "persistence/windows.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "persistence/testing/ranges.h"

namespace magnetite::persistence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::persisted;
using testing::range;
using testing::ranges;

constexpr int64_t kSecond = 1'000'000'000;
const model::Uuid kLog{.bytes = {1}};

WallTime at(int64_t seconds) { return {seconds * kSecond}; }

// Times of rows are small numbers, receive times are seconds.
struct Partition : PersistenceWindows {
  explicit Partition(int64_t late_seconds) : PersistenceWindows(kLog, "t", "p", std::chrono::seconds(late_seconds)) {}

  Added write(uint32_t sequencer, uint64_t number, uint64_t rows, int64_t min, int64_t max, int64_t received) {
    return add({{{sequencer}, {number}}, rows, {min, max}, at(received)}, at(received));
  }
  uint64_t persistable_rows() const { return persistable() ? persistable()->rows : 0; }
  std::vector<uint64_t> closed_rows() const {
    std::vector<uint64_t> rows;
    for (const Window& window : closed()) rows.push_back(window.rows);
    return rows;
  }
  std::optional<model::SequenceNumber> minimum(uint32_t sequencer) const {
    return checkpoint().ranges.at({sequencer}).min();
  }
};

auto numbers(uint32_t sequencer, uint64_t min, uint64_t max) {
  return Pair(model::SequencerId{sequencer}, Window::Numbers{{min}, {max}});
}

TEST(PersistenceWindows, BatchesOfOnePeriodShareAWindow) {
  Partition windows(60);
  windows.write(1, 2, 2, 20, 50, 0);
  windows.write(1, 4, 5, 10, 40, 5);
  windows.write(1, 10, 4, 40, 45, 10);
  windows.write(2, 23, 3, 90, 100, 20);
  EXPECT_EQ(windows.open()->rows, 14u);
  EXPECT_EQ(windows.open()->times, (model::TimeRange{10, 100}));
  EXPECT_THAT(windows.open()->sequences, ElementsAre(numbers(1, 2, 10), numbers(2, 23, 23)));
  EXPECT_THAT(windows.closed(), IsEmpty());
  EXPECT_FALSE(windows.persistable());
}

TEST(PersistenceWindows, TheClosePeriodEndsAWindow) {
  Partition windows(60);
  windows.write(1, 2, 1, 10, 10, 0);
  windows.write(1, 3, 1, 10, 10, 29);
  windows.write(1, 6, 2, 20, 20, 30);
  ASSERT_EQ(windows.closed().size(), 1u);
  EXPECT_EQ(windows.closed()[0].rows, 2u);
  EXPECT_THAT(windows.closed()[0].sequences, ElementsAre(numbers(1, 2, 3)));
  EXPECT_EQ(windows.open()->rows, 2u);
  EXPECT_THAT(windows.open()->sequences, ElementsAre(numbers(1, 6, 6)));
}

TEST(PersistenceWindows, TheLateWindowMakesPersistable) {
  Partition windows(120);
  windows.write(1, 1, 2, 10, 20, 0);
  windows.write(1, 2, 3, 30, 40, 30);
  windows.write(1, 3, 4, 50, 60, 60);
  EXPECT_THAT(windows.closed_rows(), ElementsAre(2, 3));
  windows.write(1, 4, 1, 70, 80, 150);
  EXPECT_EQ(windows.persistable_rows(), 5u);
  EXPECT_EQ(windows.persistable()->created_at, at(0));
  EXPECT_EQ(windows.persistable()->times.max, 40);
  EXPECT_THAT(windows.closed_rows(), ElementsAre(4));
  windows.write(1, 5, 9, 90, 90, 3150);
  EXPECT_EQ(windows.persistable_rows(), 10u);
}

TEST(PersistenceWindows, TimePassesWithoutWrites) {
  Partition windows(120);
  windows.write(1, 1, 2, 10, 20, 0);
  windows.rotate(at(119));
  EXPECT_FALSE(windows.persistable());
  windows.rotate(at(120));
  EXPECT_EQ(windows.persistable_rows(), 2u);
}

// One persistable window (2 rows), then closed ones of 5 and 9 rows and an open one of 1 row.
Partition with_closed(model::TimeRange first, model::TimeRange closed1, model::TimeRange closed2,
                      model::TimeRange open) {
  Partition windows(90);
  windows.write(1, 1, 2, first.min, first.max, 0);
  windows.write(1, 2, 5, closed1.min, closed1.max, 30);
  windows.write(1, 3, 9, closed2.min, closed2.max, 60);
  windows.write(1, 4, 1, open.min, open.max, 95);
  EXPECT_EQ(windows.persistable_rows(), 2u);
  EXPECT_THAT(windows.closed_rows(), ElementsAre(5, 9));
  return windows;
}

TEST(PersistenceWindows, AFlushOfDisjointTimesLeavesTheOthersAlone) {
  auto windows = with_closed({10, 20}, {30, 40}, {50, 60}, {70, 70});
  EXPECT_EQ(windows.minimum(1)->value, 1u);
  const auto flush = windows.begin_flush(20);
  EXPECT_EQ(windows.minimum(1)->value, 1u);
  EXPECT_EQ(flush->checkpoint.ranges, ranges({{1, range(2, 4)}}));
  EXPECT_EQ(flush->checkpoint.flush_timestamp, 20);
  const auto changes = windows.commit_flush(*flush);
  EXPECT_THAT(changes, ElementsAre(MinimumChange{{1}, {{1}}, {{2}}}));
  EXPECT_FALSE(windows.persistable());
  EXPECT_EQ(windows.closed()[0].times, (model::TimeRange{30, 40}));
  EXPECT_EQ(windows.closed()[1].times, (model::TimeRange{50, 60}));
  EXPECT_EQ(windows.minimum(1)->value, 2u);
}

TEST(PersistenceWindows, AFlushShortensClosedWindowsThatOverlap) {
  auto windows = with_closed({10, 35}, {30, 40}, {50, 60}, {70, 70});
  windows.commit_flush(*windows.begin_flush(35));
  EXPECT_EQ(windows.closed()[0].times, (model::TimeRange{36, 40}));
  EXPECT_EQ(windows.closed()[0].rows, 5u);
  EXPECT_EQ(windows.closed()[1].times, (model::TimeRange{50, 60}));
}

TEST(PersistenceWindows, AFlushNeverTouchesTheOpenWindow) {
  auto windows = with_closed({10, 35}, {35, 40}, {50, 60}, {20, 30});
  const auto flush = windows.begin_flush(35);
  EXPECT_EQ(flush->checkpoint.ranges, ranges({{1, range(2, 4)}}));
  windows.commit_flush(*flush);
  EXPECT_EQ(windows.closed()[0].times, (model::TimeRange{36, 40}));
  EXPECT_EQ(windows.open()->times, (model::TimeRange{20, 30}));
}

TEST(PersistenceWindows, OneFlushAtATimeAndRotationWaitsForIt) {
  auto windows = with_closed({10, 35}, {30, 40}, {50, 60}, {70, 70});
  const auto flush = windows.begin_flush(35);
  ASSERT_TRUE(flush);
  EXPECT_FALSE(windows.begin_flush(35));
  windows.rotate(at(120));  // the 5 rows are old enough now
  EXPECT_FALSE(windows.persistable());
  windows.commit_flush(*flush);
  EXPECT_EQ(windows.persistable_rows(), 0u);
  windows.rotate(at(120));
  EXPECT_EQ(windows.persistable_rows(), 5u);
  EXPECT_EQ(windows.persistable()->times.min, 36);

  const auto second = windows.begin_flush(40);
  windows.abort_flush(*second);
  windows.rotate(at(150));
  EXPECT_EQ(windows.persistable_rows(), 5u + 9u);
  EXPECT_EQ(windows.persistable()->times, (model::TimeRange{36, 60}));
  EXPECT_EQ(windows.persistable()->created_at, at(30));
}

TEST(PersistenceWindows, AnAbortedFlushForgetsNothing) {
  auto windows = with_closed({10, 55}, {30, 40}, {50, 60}, {70, 70});  // empties one closed window, shortens the other
  const auto before = windows.checkpoint();
  const auto flush = windows.begin_flush(55);
  windows.abort_flush(*flush);
  EXPECT_EQ(windows.checkpoint(), before);
  windows.rotate(at(1000));
  EXPECT_EQ(windows.persistable()->times, (model::TimeRange{10, 70}));
  EXPECT_EQ(windows.persistable_rows(), 17u);
}

TEST(PersistenceWindows, ClosedWindowsThatAFlushEmptiesVanish) {
  Partition windows(90);
  windows.write(1, 1, 2, 10, 50, 0);
  windows.write(1, 2, 5, 40, 60, 31);
  windows.write(1, 3, 9, 30, 50, 62);
  windows.write(1, 4, 17, 45, 45, 95);
  ASSERT_EQ(windows.persistable_rows(), 2u);
  ASSERT_THAT(windows.closed_rows(), ElementsAre(5, 9));
  const auto flush = windows.begin_flush(50);
  windows.write(1, 5, 11, 20, 20, 125);
  windows.rotate(at(125));
  EXPECT_THAT(windows.closed_rows(), ElementsAre(5, 17));
  EXPECT_EQ(flush->checkpoint.ranges, ranges({{1, range(2, 4)}}));
  EXPECT_THAT(windows.commit_flush(*flush), ElementsAre(MinimumChange{{1}, {{1}}, {{2}}}));
  EXPECT_EQ(windows.closed()[0].times, (model::TimeRange{51, 60}));
  EXPECT_EQ(windows.closed()[1].times, (model::TimeRange{45, 45}));  // closed after the flush began
  EXPECT_EQ(windows.open()->rows, 11u);
}

TEST(PersistenceWindows, AFullFlushLeavesASequencerSeenAndPersisted) {
  Partition windows(60);
  windows.write(1, 7, 2, 10, 20, 0);
  windows.write(3, 2, 2, 10, 20, 1);
  windows.rotate(at(100));
  const auto flush = windows.begin_flush(20);
  EXPECT_EQ(flush->checkpoint.ranges, ranges({{1, persisted(7)}, {3, persisted(2)}}));
  windows.commit_flush(*flush);
  EXPECT_EQ(windows.checkpoint().ranges, ranges({{1, persisted(7)}, {3, persisted(2)}}));
  EXPECT_FALSE(windows.oldest_unpersisted());
  windows.rotate(at(10'000));
  EXPECT_FALSE(windows.persistable());  // nothing is left over
}

TEST(PersistenceWindows, EverythingIncludesTheOpenWindow) {
  auto windows = with_closed({10, 35}, {30, 40}, {50, 60}, {900, 900});
  const auto flush = windows.begin_flush(std::nullopt);
  windows.write(1, 5, 1, 12, 12, 96);
  EXPECT_EQ(flush->checkpoint.ranges, ranges({{1, persisted(4)}}));
  EXPECT_EQ(flush->checkpoint.flush_timestamp, std::nullopt);
  EXPECT_THAT(windows.commit_flush(*flush), ElementsAre(MinimumChange{{1}, {{1}}, {{5}}}));
  EXPECT_EQ(windows.open()->rows, 1u);
  EXPECT_THAT(windows.closed(), IsEmpty());
}

TEST(PersistenceWindows, RowsDatedInTheFutureAreDeferredUntilTheirTime) {
  Partition windows(60);
  windows.write(1, 1, 10, 50, 500 * kSecond, 0);
  windows.rotate(at(100));
  const auto flush = windows.begin_flush(at(100).nanos);
  EXPECT_EQ(flush->checkpoint.ranges, ranges({{1, range(1, 1)}}));
  EXPECT_THAT(windows.commit_flush(*flush), IsEmpty());
  EXPECT_FALSE(windows.persistable());  // nothing to do on each pass
  EXPECT_EQ(windows.deferred()->times, (model::TimeRange{100 * kSecond + 1, 500 * kSecond}));
  EXPECT_EQ(windows.oldest_unpersisted(), at(0));
  windows.rotate(at(499));
  EXPECT_FALSE(windows.persistable());
  windows.rotate(at(500));
  ASSERT_TRUE(windows.persistable());
  EXPECT_THAT(windows.commit_flush(*windows.begin_flush(at(500).nanos)), ElementsAre(MinimumChange{{1}, {{1}}, {}}));
}

TEST(PersistenceWindows, RedeliveredNumbersAreNotForApplying) {
  Partition windows(60);
  EXPECT_FALSE(windows.write(1, 5, 1, 10, 10, 0).redelivered);
  for (const uint64_t number : {uint64_t{5}, uint64_t{4}})
    EXPECT_TRUE(windows.write(1, number, 7, 1, 99, 100).redelivered);
  EXPECT_FALSE(windows.write(2, 5, 1, 10, 10, 0).redelivered);
  EXPECT_EQ(windows.open()->rows, 2u);
  EXPECT_EQ(windows.open()->times, (model::TimeRange{10, 10}));
}

TEST(PersistenceWindows, ANewMinimumIsReportedOnce) {
  Partition windows(60);
  EXPECT_EQ(windows.write(1, 5, 1, 10, 10, 0).change, (MinimumChange{{1}, {}, {{5}}}));
  EXPECT_EQ(windows.write(1, 6, 1, 10, 10, 1).change, std::nullopt);
  EXPECT_EQ(windows.write(1, 7, 1, 10, 10, 50).change, std::nullopt);  // in another window
  const auto flush = windows.begin_flush(std::nullopt);
  EXPECT_EQ(windows.write(1, 8, 1, 10, 10, 51).change, std::nullopt);  // 5 is still unpersisted
  EXPECT_THAT(windows.commit_flush(*flush), ElementsAre(MinimumChange{{1}, {{5}}, {{8}}}));
}

TEST(PersistenceWindows, AnEntryWithoutRowsIsSeenOnly) {
  Partition windows(60);
  EXPECT_EQ(windows.add({{{1}, {3}}, 0, model::TimeRange::none(), at(0)}, at(0)).change, std::nullopt);
  EXPECT_FALSE(windows.open());
  EXPECT_EQ(windows.checkpoint().ranges, ranges({{1, persisted(3)}}));
}

TEST(PersistenceWindows, ReceiveTimesNeverGoBackNorAheadOfNow) {
  Partition windows(60);
  const auto write = [&](uint64_t number, int64_t received, int64_t now) {
    windows.add({{{1}, {number}}, 1, {1, 1}, at(received)}, at(now));
  };
  write(1, 500, 100);  // a writer's clock that is ahead
  EXPECT_EQ(windows.open()->created_at, at(100));
  write(2, 20, 130);  // one that is behind
  EXPECT_EQ(windows.open()->rows, 2u);
  windows.rotate(at(50));  // ours was set back
  EXPECT_EQ(windows.open()->created_at, at(50));
  windows.rotate(at(110));
  EXPECT_EQ(windows.persistable_rows(), 2u);
}

TEST(PersistenceWindows, TheLateWindowCanBeChanged) {
  Partition windows(3600);
  windows.write(1, 1, 2, 10, 10, 0);
  windows.rotate(at(100));
  EXPECT_FALSE(windows.persistable());
  windows.set_late_arrive_window(std::chrono::seconds(100));
  windows.rotate(at(100));
  EXPECT_EQ(windows.persistable_rows(), 2u);
}

TEST(PersistenceWindows, DroppedNumbersCountAsPersisted) {
  auto windows = with_closed({10, 20}, {30, 40}, {50, 60}, {70, 70});
  const auto changes = windows.drop_through({{{1}, {2}}});
  EXPECT_THAT(changes.value(), ElementsAre(MinimumChange{{1}, {{1}}, {{3}}}));
  EXPECT_FALSE(windows.persistable());
  EXPECT_THAT(windows.closed_rows(), ElementsAre(9));
  EXPECT_EQ(windows.checkpoint().ranges, ranges({{1, range(3, 4)}}));
  EXPECT_THAT(windows.drop_through({{{1}, {4}}, {{9}, {4}}}).value(), ElementsAre(MinimumChange{{1}, {{3}}, {}}));
  EXPECT_EQ(windows.checkpoint().ranges, ranges({{1, persisted(4)}}));
  EXPECT_FALSE(windows.oldest_unpersisted());
}

TEST(PersistenceWindows, NothingIsDroppedUnderAFlush) {
  auto windows = with_closed({10, 20}, {30, 40}, {50, 60}, {70, 70});
  const auto flush = windows.begin_flush(20);
  EXPECT_EQ(windows.drop_through({{{1}, {4}}}).error().code(), ErrorCode::kFailedPrecondition);
  windows.commit_flush(*flush);
  EXPECT_TRUE(windows.drop_through({{{1}, {4}}}));
}

TEST(PersistenceWindows, NothingToPersistIsAFlushToo) {
  Partition windows(60);
  windows.mark_seen(ranges({{1, persisted(8)}, {2, range(1, 3)}}));
  const auto flush = windows.begin_flush(100);
  EXPECT_EQ(flush->checkpoint.ranges, ranges({{1, persisted(8)}, {2, persisted(3)}}));
  EXPECT_THAT(windows.commit_flush(*flush), IsEmpty());
  EXPECT_FALSE(windows.persistable());
}

RC_GTEST_PROP(PersistenceWindows, StayFewUnderAnyTraffic, ()) {
  const auto late = *rc::gen::inRange(1, 301);
  const size_t bound = static_cast<size_t>(std::max(late / std::min(late, 30), 1)) + 2;
  Partition windows(late);
  std::optional<FlushHandle> flush;
  int64_t now = 0;
  uint64_t number = 0;
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 40), rc::gen::inRange(0, 30)));
  for (const auto& [seconds, kind] : steps) {
    now += seconds;
    windows.write(0, number++, 1, now, now + seconds, now);
    if (kind == 0 && flush) windows.commit_flush(*std::exchange(flush, {}));
    if (kind == 1 && flush) windows.abort_flush(*std::exchange(flush, {}));
    if (kind == 2 && !flush) flush = windows.begin_flush(now - 10);
    RC_ASSERT(windows.closed().size() <= bound);
  }
}

}  // namespace
}  // namespace magnetite::persistence
