#include "cli/progress.h"

#include <gtest/gtest.h>

namespace magnetite::cli {
namespace {

using std::chrono::seconds;

TEST(Progress, NumbersAreShort) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(999), "999");
  EXPECT_EQ(short_number(1000), "1.00 k");
  EXPECT_EQ(short_number(12'345), "12.3 k");
  EXPECT_EQ(short_number(123'456), "123 k");
  EXPECT_EQ(short_number(4'567'000), "4.57 M");
  EXPECT_EQ(short_number(5e18), "5000 P");
  EXPECT_EQ(short_duration(seconds(7)), "0:07");
  EXPECT_EQ(short_duration(seconds(754)), "12:34");
  EXPECT_EQ(short_duration(seconds(3723)), "1:02:03");
}

struct Case {
  Progress progress;
  int elapsed_seconds;
  size_t width;
  std::string_view line;
};

TEST(Progress, OneLineSaysHowFarItIs) {
  const Case cases[] = {
      {{"job", 50, 200, "rows", ""},
       5,
       80,
       "job [=======>                      ]  25 %  50 of 200 rows  10 rows/s  0:15 left"},
      {{"job", 200, 200, "rows", ""}, 5, 80, "job [==============================]  100 %  200 of 200 rows  40 rows/s"},
      {{"job", 300, 200, "rows", ""}, 5, 40, "job  100 %  300 of 200 rows  60 rows/s"},
      {{"job", 0, 200, "rows", ""}, 0, 40, "job [>             ]  0 %  0 of 200 rows"},
      // Without a total there is no bar, but the time that has passed.
      {{"job", 0, 0, "rows", ""}, 61, 80, "job  1:01"},
      {{"job", 5000, 0, "rows", ""}, 2, 80, "job  5.00 k rows  2.50 k rows/s  0:02"},
      {{"a.lp", 1'000'000, 4'000'000, "B", "2.00 k lines/s"},
       1,
       120,
       "a.lp [=======>                      ]  25 %  1.00 M of 4.00 M B  1.00 M B/s  2.00 k lines/s  0:03 left"},
      // Narrow: what stands last is left out; the bar takes what room there is, if it is enough.
      {{"job", 50, 200, "rows", ""}, 5, 36, "job  25 %  50 of 200 rows  10 rows/s"},
      {{"job", 50, 200, "rows", ""}, 5, 22, "job [==>       ]  25 %"},
      {{"job", 50, 200, "rows", ""}, 5, 5, "job"},
      {{"a long name", 50, 200, "rows", ""}, 5, 6, "a long"},
      {{"job", 1, 1'000'000'000, "rows", ""}, 100, 60, "job [>                    ]  0 %  1 of 1.00 G rows  0 rows/s"},
  };
  for (const Case& each : cases)
    EXPECT_EQ(progress_line(each.progress, seconds(each.elapsed_seconds), each.width), each.line);
}

TEST(Progress, NeverWiderThanTheTerminal) {
  for (size_t width = 0; width < 120; ++width)
    EXPECT_LE(progress_line({"Persisting", 123'456, 999'999, "rows", "and more"}, seconds(3), width).size(), width);
}

}  // namespace
}  // namespace magnetite::cli
