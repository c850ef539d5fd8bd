#include "base/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <glaze/json.hpp>
#include <string>

namespace magnetite::log {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

std::string captured(const Options& options, std::string_view message, std::initializer_list<Field> fields = {},
                     Level level = Level::kWarn) {
  testing::internal::CaptureStdout();
  configure(options);
  write(level, message, fields);
  configure({});
  return testing::internal::GetCapturedStdout();
}

TEST(Logging, FullLineHasTimeLevelTextAndFields) {
  EXPECT_THAT(captured({}, "segment sealed", {{"database", "db 1"}}),
              MatchesRegex("[0-9-]+T[0-9:.]+Z warning segment sealed database=\"db 1\"\n"));
}

TEST(Logging, LogfmtLineStartsWithLevelAndMessage) {
  EXPECT_THAT(captured({.format = Format::kLogfmt}, "segment \"a\"", {{"offset", "7"}}),
              MatchesRegex("level=warn msg=\"segment \\\\\"a\\\\\"\" offset=\"7\" time=[0-9]+\n"));
}

TEST(Logging, JsonLineIsValidWhateverTheTextHolds) {
  const std::string text = "quote \" backslash \\ newline \n bell \a null " + std::string(1, '\0') + " umlaut \u00e4";
  const std::string line = captured({.format = Format::kJson}, text, {{"a \"key\"", "value\t"}}, Level::kError);
  const auto json = glz::read_json<glz::generic>(line);
  ASSERT_TRUE(json.has_value()) << line;
  EXPECT_EQ((*json)["level"].get<std::string>(), "error");
  EXPECT_EQ((*json)["msg"].get<std::string>(), text);
  EXPECT_EQ((*json)["a \"key\""].get<std::string>(), "value\t");
  EXPECT_GT((*json)["time"].get<double>(), 1.7e18);
}

TEST(Logging, LinesOfARequestNameIt) {
  const RequestScope outer("abc");
  {
    const RequestScope inner("d\"ef");
    EXPECT_EQ(request_id(), "d\"ef");
    EXPECT_THAT(captured({.format = Format::kLogfmt}, "text"), HasSubstr(" request_id=\"d\\\"ef\" "));
    EXPECT_THAT(captured({.format = Format::kFull}, "text"), HasSubstr(" request_id=\"d\\\"ef\""));
  }
  const auto json = glz::read_json<glz::generic>(captured({.format = Format::kJson}, "text"));
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ((*json)["request_id"].get<std::string>(), "abc");
}

TEST(Logging, LongLineIsCutAndStaysValid) {
  std::string text = "x";
  while (text.size() < 40'000) text += "\u20ac";  // a character of three bytes, so that a cut could fall inside one
  const std::string line = captured({.format = Format::kJson}, text);
  EXPECT_LT(line.size(), 16'384U);
  const auto json = glz::read_json<glz::generic>(line);
  ASSERT_TRUE(json.has_value()) << line;
  EXPECT_TRUE(text.starts_with((*json)["msg"].get<std::string>()));
  EXPECT_TRUE(json->contains("cut_from_bytes"));
}

TEST(Logging, LinesBelowTheLevelAreNotWritten) {
  EXPECT_EQ(captured({.level = Level::kWarn}, "chatter", {}, Level::kInfo), "");
  EXPECT_THAT(captured({.level = Level::kDebug}, "chatter", {}, Level::kDebug), HasSubstr("chatter"));
}

}  // namespace
}  // namespace magnetite::log
