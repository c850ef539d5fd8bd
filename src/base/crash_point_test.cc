#include "base/crash_point.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace magnetite::crash_point {
namespace {

TEST(CrashPoint, AHandlerSeesEveryPlaceByName) {
  std::vector<std::string> seen;
  set_handler([&](std::string_view name) { seen.emplace_back(name); });
  reach("log.synced");
  reach("catalog.committed");
  set_handler({});
  reach("nobody.looks");
  EXPECT_EQ(seen, (std::vector<std::string>{"log.synced", "catalog.committed"}));
}

// The environment is read once per process, so each case runs in a process of its own.
void reach_three_times(const char* crash_at) {
  setenv("MAGNETITE_CRASH_AT", crash_at, 1);
  reach("log.synced");
  reach("other");
  reach("log.synced");
  reach("log.synced");
  _exit(0);
}

class CrashPointDeathTest : public testing::Test {
 protected:
  CrashPointDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(CrashPointDeathTest, TheEnvironmentEndsTheProcessAtTheNamedPlace) {
  EXPECT_EXIT(reach_three_times("other"), testing::ExitedWithCode(137), "");
}

TEST_F(CrashPointDeathTest, TheNthPassCounts) {
  EXPECT_EXIT(reach_three_times("log.synced:3"), testing::ExitedWithCode(137), "");
  EXPECT_EXIT(reach_three_times("log.synced:4"), testing::ExitedWithCode(0), "");
}

TEST_F(CrashPointDeathTest, AnotherNameDoesNothing) {
  EXPECT_EXIT(reach_three_times("log.synce"), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace magnetite::crash_point
