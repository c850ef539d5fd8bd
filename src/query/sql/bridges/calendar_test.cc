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

TEST(Calendar, WordsInSingularAndPlural) {
  EXPECT_EQ(parse_time_unit("Minutes"), TimeUnit::kMinute);
  EXPECT_EQ(parse_time_unit("ms"), TimeUnit::kMillisecond);
  EXPECT_EQ(parse_time_unit("fortnight"), std::nullopt);
}

}  // namespace
}  // namespace magnetite::query::sql
