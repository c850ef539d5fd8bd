#include "cli/shell/candidates.h"

#include <gmock/gmock.h>

namespace magnetite::cli::shell {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const Names kNames{
    .databases = {"home", "my-db"},
    .tables = {
        {"room", {"name", "people", "temperature", "time"}}, {"road", {"cars", "time"}}, {"two words", {"a b"}}}};

struct Case {
  std::string_view before;
  std::vector<std::string> words;
  size_t word_bytes;
};

TEST(Candidates, FollowFromWhatStandsBefore) {
  const Case cases[] = {
      {"sel", {"select"}, 3},
      {"SEL", {"SELECT"}, 3},
      {"use ", {"\"my-db\"", "DATABASE", "home"}, 0},
      {"use h", {"home"}, 1},
      {"USE DATABASE ", {"\"my-db\"", "home"}, 0},
      {"\\c ho", {"home"}, 2},
      {"\\d ro", {"road", "room"}, 2},
      {"set ", {"FORMAT", "TIMING"}, 0},
      {"set format ", {"csv", "json", "jsonl", "pretty"}, 0},
      {"set timing o", {"off", "on"}, 1},
      {"show ", {"DATABASES", "TABLES"}, 0},
      {"select * from ro", {"road", "room"}, 2},
      {"select * from ", {"\"two words\"", "road", "room"}, 0},
      {"select * from \"two", {"\"two words\""}, 4},
      {"select * from room where te", {"temperature"}, 2},
      {"select room.t", {"temperature", "time"}, 1},
      {"select * from road where time > 0 and c",
       {"cars", "case", "cast", "coalesce", "count", "cross", "current_timestamp"},
       1},
      {"select 'fro", {}, 0},
      {"select 1 -- fro", {}, 0},
      {"select zz", {}, 2},
  };
  for (const Case& each : cases) {
    const Candidates found = candidates(each.before, kNames);
    EXPECT_EQ(found.words, each.words) << each.before;
    EXPECT_EQ(found.word_bytes, each.word_bytes) << each.before;
  }
}

TEST(Candidates, ColumnsAreThoseOfTheTablesThatAreNamed) {
  EXPECT_THAT(candidates("select * from road where ", kNames).words, Contains("cars"));
  EXPECT_THAT(candidates("select * from road where ", kNames).words, Not(Contains("people")));
  EXPECT_THAT(candidates("select ", kNames).words, Contains("people"));
}

TEST(Candidates, WithoutNamesThereAreKeywords) {
  EXPECT_THAT(candidates("use ", Names()).words, ElementsAre("DATABASE"));
  EXPECT_THAT(candidates("select * from ", Names()).words, IsEmpty());
  EXPECT_TRUE(is_keyword("select"));
  EXPECT_TRUE(is_keyword("Observer"));
  EXPECT_FALSE(is_keyword("room"));
}

}  // namespace
}  // namespace magnetite::cli::shell
