#include "base/log_filter.h"

#include <gtest/gtest.h>

namespace magnetite::log {
namespace {

TEST(LogFilter, TheLevelCountsAndDirectivesAreNamed) {
  const struct {
    std::string_view text;
    Level level;
    std::vector<std::string> ignored;
  } cases[] = {
      {"", Level::kWarn, {}},
      {"info", Level::kInfo, {}},
      {"trace", Level::kDebug, {}},
      {"off", Level::kError, {}},
      {"debug,hyper::proto::h1=info,h2=info", Level::kDebug, {"hyper::proto::h1=info", "h2=info"}},
      {" error , sqlx::query", Level::kError, {"sqlx::query"}},
      {"server=trace", Level::kWarn, {"server=trace"}},
      {"info,debug,", Level::kDebug, {}},
  };
  for (const auto& [text, level, ignored] : cases) {
    const auto filter = parse_filter(text);
    ASSERT_TRUE(filter) << text;
    EXPECT_EQ(filter->level, level) << text;
    EXPECT_EQ(filter->ignored, ignored) << text;
  }
}

TEST(LogFilter, AMisspeltLevelIsNamed) {
  const auto filter = parse_filter("info,wran");
  ASSERT_FALSE(filter);
  EXPECT_EQ(filter.error().message(), "'wran' is no level: debug, info, warn or error");
}

}  // namespace
}  // namespace magnetite::log
