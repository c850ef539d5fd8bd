#include "http/message.h"

#include <gtest/gtest.h>

namespace magnetite::http {
namespace {

TEST(Parameters, AreDecoded) {
  const Parameters parameters = Parameters::parse("db=my+db&q=a%2Bb%20%26%20c%C3%A9&flag&empty=&=x&&db=other");
  EXPECT_EQ(parameters.get("db"), "my db");
  EXPECT_EQ(parameters.get("q"), "a+b & cé");
  EXPECT_EQ(parameters.find("flag"), "");
  EXPECT_EQ(parameters.find("empty"), "");
  EXPECT_EQ(parameters.find("none"), std::nullopt);
}

TEST(Parameters, MalformedEscapesStayAsTheyAre) {
  EXPECT_EQ(Parameters::parse("a=50%&b=%zz&c=%4").get("a"), "50%");
  EXPECT_EQ(Parameters::parse("b=%zz").get("b"), "%zz");
  EXPECT_EQ(Parameters::parse("c=%4").get("c"), "%4");
  EXPECT_EQ(Parameters::parse("d=a%00b").get("d"), std::string_view("a\0b", 3));
}

TEST(Parameters, AreBounded) {
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "a&";
  EXPECT_EQ(Parameters::parse(many + "last=1").find("last"), std::nullopt);
}

}  // namespace
}  // namespace magnetite::http
