#include "query/sql/bridges/calendar.h"

#include <gtest/gtest.h>

namespace magnetite::query::sql {
namespace {

constexpr int64_t kTime = 1'617'286'224'123'456'789;  // Thursday 2021-04-01T14:10:24.123456789

TEST(Calendar, TruncatesToEveryUnit) {
  EXPECT_EQ(truncate_time(TimeUnit::kNanosecond, kTime), kTime);
  EXPECT_EQ(truncate_time(TimeUnit::kMicrosecond, kTime), 1'617'286'224'123'456'000);
  EXPECT_EQ(truncate_time(TimeUnit::kHour, kTime), 1'617'285'600'000'000'000);
  EXPECT_EQ(truncate_time(TimeUnit::kDay, kTime), 1'617'235'200'000'000'000);
  EXPECT_EQ(truncate_time(TimeUnit::kWeek, kTime), 1'616'976'000'000'000'000);     // 2021-03-29
  EXPECT_EQ(truncate_time(TimeUnit::kQuarter, kTime), 1'617'235'200'000'000'000);  // 2021-04-01
  EXPECT_EQ(truncate_time(TimeUnit::kYear, kTime), 1'609'459'200'000'000'000);
  EXPECT_EQ(truncate_time(TimeUnit::kSecond, -1), -1'000'000'000);
  EXPECT_EQ(truncate_time(TimeUnit::kYear, INT64_MIN), std::nullopt);
}

TEST(Calendar, AddsMonthsByTheCalendarAndKeepsNanoseconds) {
  EXPECT_EQ(add_interval(kTime, {0, 0, 1'000'000}), kTime + 1'000'000'000);
  EXPECT_EQ(add_interval(kTime, {-1, 0, 0}), 1'614'607'824'123'456'789);
  EXPECT_EQ(add_interval(1'612'051'200'000'000'001, {1, 0, 0}), 1'614'470'400'000'000'001);  // Jan 31 -> Feb 28
  EXPECT_EQ(add_interval(INT64_MAX, {0, 1, 0}), std::nullopt);
}

TEST(Calendar, BucketsCountFromTheirOrigin) {
  EXPECT_EQ(time_bucket({0, 0, 3'600'000'000}, kTime, 0), 1'617'285'600'000'000'000);
  EXPECT_EQ(time_bucket({0, 0, 600'000'000}, kTime, 300'000'000'000), 1'617'285'900'000'000'000);
  EXPECT_EQ(time_bucket({1, 0, 0}, kTime, 0), 1'617'235'200'000'000'000);
  EXPECT_EQ(time_bucket({0, 0, 1'000'000}, -1, 0), -1'000'000'000);
  EXPECT_EQ(time_bucket({0, 0, 0}, kTime, 0), std::nullopt);
  EXPECT_EQ(time_bucket({1, 1, 0}, kTime, 0), std::nullopt);
}

TEST(Calendar, ReachesBothEndsOfTheRange) {
  constexpr int64_t kLast = INT64_MAX;
  constexpr int64_t kFirst = INT64_MIN;
  EXPECT_EQ(truncate_time(TimeUnit::kSecond, kLast), 9'223'372'036'000'000'000);
  EXPECT_EQ(truncate_time(TimeUnit::kWeek, kLast), 9'222'940'800'000'000'000);  // 2262-04-07
  EXPECT_EQ(truncate_time(TimeUnit::kNanosecond, kFirst), kFirst);
  for (const TimeUnit unit : {TimeUnit::kMicrosecond, TimeUnit::kDay, TimeUnit::kWeek, TimeUnit::kMonth})
    EXPECT_EQ(truncate_time(unit, kFirst), std::nullopt);
  EXPECT_EQ(add_interval(kFirst, {1, 0, 0}), kFirst + 30 * 86'400'000'000'000);  // September
  EXPECT_EQ(subtract_interval(kFirst + 30 * 86'400'000'000'000, {1, 0, 0}), kFirst);
  EXPECT_EQ(add_interval(kFirst, {0, 0, INT64_MAX}), std::nullopt);
  EXPECT_EQ(subtract_interval(0, {INT32_MIN, INT32_MIN, INT64_MIN}), std::nullopt);
  EXPECT_EQ(subtract_interval(kLast, {-1, 0, 0}), std::nullopt);
  EXPECT_EQ(add_interval(0, {INT32_MAX, 0, 0}), std::nullopt);
  EXPECT_EQ(add_interval(0, {INT32_MIN, 0, 0}), std::nullopt);
  EXPECT_EQ(time_bucket({0, 0, 3'600'000'000}, kLast, -1'800'000'000'000), 9'223'371'000'000'000'000);
  EXPECT_EQ(time_bucket({0, 0, 1}, kFirst, 0), std::nullopt);
  EXPECT_EQ(time_bucket({0, 0, 1}, kFirst, kFirst), kFirst);
  EXPECT_EQ(time_bucket({0, 0, INT64_MAX}, 5, 0), 0);
  EXPECT_EQ(time_bucket({INT32_MAX, 0, 0}, -1, 0), std::nullopt);
}

TEST(Calendar, WidthsArePositiveAndOfOneKind) {
  EXPECT_TRUE(is_bucket_width({1, 0, 0}));
  EXPECT_TRUE(is_bucket_width({0, 1, -1}));
  for (const Interval& width : {Interval{0, 0, 0}, Interval{-1, 0, 0}, Interval{1, 1, 0}, Interval{1, 0, 1},
                                Interval{0, 0, -1}, Interval{0, -1, 1}})
    EXPECT_FALSE(is_bucket_width(width));
}

TEST(Calendar, WordsInSingularAndPlural) {
  EXPECT_EQ(parse_time_unit("Minutes"), TimeUnit::kMinute);
  EXPECT_EQ(parse_time_unit("ms"), TimeUnit::kMillisecond);
  EXPECT_EQ(parse_time_unit("fortnight"), std::nullopt);
}

}  // namespace
}  // namespace magnetite::query::sql
