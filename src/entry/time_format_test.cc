#include "entry/time_format.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cstdlib>
#include <ctime>

namespace magnetite::entry {
namespace {

std::string text(std::string_view format, int64_t time_nanos) {
  std::string out;
  TimeFormat::parse(format).value().append(time_nanos, out);
  return out;
}

constexpr int64_t kTime = 1'602'338'097'012'345'678;  // 2020-10-10 13:54:57

TEST(TimeFormat, PrintsWhatStrftimeDoes) {
  EXPECT_EQ(text("%Y-%m-%dT%H:%M:%SZ", kTime), "2020-10-10T13:54:57Z");
  EXPECT_EQ(text("%F %T %j %a %b %y %C", kTime), "2020-10-10 13:54:57 284 Sat Oct 20 20");
  EXPECT_EQ(text("%-I %p %_m %%", 0), "12 AM  1 %");
  EXPECT_EQ(text("", kTime), "");
}

TEST(TimeFormat, IsUtcWhateverTheHostSays) {
  ::setenv("TZ", "Asia/Tokyo", 1);
  ::tzset();
  EXPECT_EQ(text("%H %s %z %Z", kTime), "13 1602338097 +0000 UTC");
  ::unsetenv("TZ");
  ::tzset();
}

TEST(TimeFormat, FractionsHaveTheDigitsAsked) {
  EXPECT_EQ(text("%f %N %3f %.6f %.9f", kTime), "012345678 012345678 012 .012345 .012345678");
  EXPECT_EQ(text("%S.%3f", -1), "59.999");
}

TEST(TimeFormat, EveryInt64IsATime) {
  EXPECT_EQ(text("%F %T.%f", INT64_MIN), "1677-09-21 00:12:43.145224192");
  EXPECT_EQ(text("%F %T.%f", INT64_MAX), "2262-04-11 23:47:16.854775807");
  EXPECT_EQ(text("%F %T %s", -1), "1969-12-31 23:59:59 -1");
}

TEST(TimeFormat, TextIsKeptToTheByte) {
  const std::string format("a\0é%Y\0", 7);
  EXPECT_EQ(text(format, 0), std::string("a\0é1970\0", 9));
}

TEST(TimeFormat, UnknownSpecifiersAreNamed) {
  for (const std::string_view bad : {"%", "%Q", "%-", "%.f", "%4f", "%E", "%Y%!"})
    EXPECT_EQ(TimeFormat::parse(bad).error().code(), ErrorCode::kInvalidInput) << bad;
  EXPECT_EQ(TimeFormat::parse("%Y%!").error().message(), "'%!' is no time format specifier");
}

TEST(TimeFormat, UnitIsTheFinestThatIsPrinted) {
  const auto unit = [](std::string_view format) { return TimeFormat::parse(format).value().unit_nanos(); };
  EXPECT_EQ(unit("%Y-%m"), 86'400'000'000'000);
  EXPECT_EQ(unit("%Y %H:00"), 3'600'000'000'000);
  EXPECT_EQ(unit("%R"), 60'000'000'000);
  EXPECT_EQ(unit("%c"), 1'000'000'000);
  EXPECT_EQ(unit("%3f"), 1'000'000);
  EXPECT_EQ(unit("%H %f"), 1);
  EXPECT_EQ(unit("x%%"), INT64_MAX);
}

}  // namespace
}  // namespace magnetite::entry
