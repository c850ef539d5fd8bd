#include "settings/settings.h"

#include <gmock/gmock.h>

namespace magnetite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(DotEnv, Table) {
  const auto pairs = parse_dotenv(
      "# a comment\n\nA=1\n  B = two words \r\nexport C=\"quoted # text\"\nD='single'\nE=\nF=a=b\nG=\"half");
  ASSERT_TRUE(pairs);
  EXPECT_THAT(*pairs, ElementsAre(Pair("A", "1"), Pair("B", "two words"), Pair("C", "quoted # text"),
                                  Pair("D", "single"), Pair("E", ""), Pair("F", "a=b"), Pair("G", "\"half")));
  EXPECT_TRUE(parse_dotenv("")->empty());
}

TEST(DotEnv, WhatIsNoPairIsNamed) {
  for (const char* text : {"A=1\nnonsense", "A=1\n=x", "A=1\n1A=x", "A=1\na b=x"}) {
    const auto pairs = parse_dotenv(text);
    ASSERT_FALSE(pairs) << text;
    EXPECT_THAT(pairs.error().message(), HasSubstr("line 2"));
  }
}

}  // namespace
}  // namespace magnetite
