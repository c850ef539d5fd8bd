#include "query/sql/names.h"

#include <gmock/gmock.h>

namespace magnetite::query::sql {
namespace {

using ::testing::ElementsAre;

TEST(SqlNames, TheFirstOfANameKeepsIt) {
  EXPECT_THAT(sql_names({"time", "Temp", "temp", "TEMP", "x"}), ElementsAre("time", "Temp", "temp$2", "TEMP$3", "x"));
}

TEST(SqlNames, ASuffixNeverHidesARealName) {
  EXPECT_THAT(sql_names({"a", "A", "a$2"}), ElementsAre("a", "A$3", "a$2"));
  EXPECT_THAT(sql_names({"A$2", "a", "A"}), ElementsAre("A$2", "a", "A$3"));
}

TEST(SqlNames, OtherLettersKeepTheirCase) {
  EXPECT_THAT(sql_names({"\u00fc", "\u00dc"}), ElementsAre("\u00fc", "\u00dc"));
}

}  // namespace
}  // namespace magnetite::query::sql
