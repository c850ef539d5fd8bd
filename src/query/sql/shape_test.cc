#include "query/sql/shape.h"

#include <gmock/gmock.h>

#include <string>

namespace magnetite::query::sql {
namespace {

using ::testing::HasSubstr;

constexpr ShapeLimits kSmall = {.bytes_max = 100'000,
                                .tokens_max = 1'000,
                                .depth_max = 3,
                                .tables_max = 4,
                                .set_operations_max = 2,
                                .operators_max = 5,
                                .ors_max = 5,
                                .steps_max = 3,
                                .groups_max = 3,
                                .windows_max = 2,
                                .lambdas_max = 2};

std::string repeated(std::string_view piece, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += piece;
  return text;
}
std::string refusal(std::string_view sql) {
  const Result<> checked = check_shape(sql, kSmall);
  return checked ? "" : checked.error().message();
}

TEST(Shape, WhatPeopleWriteFits) {
  for (const char* sql :
       {"", ";", "SELECT 1", "select * from a, b where a.x = b.y and a.z in (1, 2, 3)",
        "SELECT a + b - c, d * e / f FROM t WHERE x = 1 OR x = 2 OR x = 3 OR x = 4 OR x = 5 OR x = 6",
        "WITH a AS (SELECT 1), b AS (SELECT 2), c AS (SELECT 3), d AS (SELECT 4), e AS (SELECT 5) SELECT * FROM a"})
    EXPECT_EQ(refusal(sql), "") << sql;
}

TEST(Shape, EachLimitIsNamed) {
  EXPECT_EQ(check_shape(repeated("x", 100'001), kSmall).error().code(), ErrorCode::kTooLarge);
  EXPECT_THAT(refusal("SELECT " + repeated("1,", 500) + "1"), HasSubstr("1000 words and signs"));
  EXPECT_EQ(refusal("SELECT (((1)))"), "");
  EXPECT_THAT(refusal("SELECT ((([1])))"), HasSubstr("deeper than 3"));
  EXPECT_EQ(refusal("SELECT 1 " + repeated("UNION ALL SELECT 1 ", 2)), "");
  EXPECT_THAT(refusal("SELECT 1 " + repeated("except SELECT 1 ", 3)), HasSubstr("2 set operations"));
  EXPECT_EQ(refusal("SELECT 1" + repeated("+1", 5)), "");
  EXPECT_THAT(refusal("SELECT 1" + repeated("+1", 6)), HasSubstr("5 operators"));
  EXPECT_EQ(refusal("SELECT CASE " + repeated("WHEN x = 1 THEN -1 ", 20) + "ELSE 2 END"), "");
  EXPECT_THAT(refusal("SELECT 1 WHERE a" + repeated(" OR (a AND b)", 6)), HasSubstr("5 OR"));
  EXPECT_THAT(refusal("SELECT " + repeated("not ", 6) + "true"), HasSubstr("5 operators"));
  EXPECT_THAT(refusal("SELECT 1 FROM t" + repeated(" JOIN t USING (a)", 5)), HasSubstr("4 joined tables"));
  EXPECT_THAT(refusal("SELECT 1 FROM t" + repeated(", t", 5)), HasSubstr("4 joined tables"));
  EXPECT_THAT(refusal("SELECT 1 FROM (SELECT 1 FROM t, t, t), (SELECT 1 FROM t, t, t)"), HasSubstr("4 joined tables"));
}

TEST(Shape, PathsHaveSoManySteps) {
  for (const char* sql : {"SELECT a.b.c.d, a.b.c.d FROM x.y.z, x.y.z WHERE a.b = 1.5 AND \"a\".b = c[1].d[2]",
                          "SELECT [1, 2], [3], [4], [5]", "SELECT f(a.b).c, f(a.b).c"})
    EXPECT_EQ(refusal(sql), "") << sql;
  for (const char* sql : {"SELECT a.b.c.d.e", "SELECT \"a\".\"b\".\"c\".\"d\".e", "SELECT a[1][1][1][1]",
                          "SELECT a.f().f().f().f()", "SELECT a.b[1].c /* */ . f(x.y)"})
    EXPECT_THAT(refusal(sql), HasSubstr("3 steps")) << sql;
}

TEST(Shape, GroupsWindowsAndLambdasAreCounted) {
  EXPECT_EQ(refusal("SELECT f() OVER (), f() OVER ()"), "");
  EXPECT_THAT(refusal("SELECT f() OVER (), f() OVER w, f() over ()"), HasSubstr("2 windows"));
  EXPECT_EQ(refusal("SELECT 1, 2, 3, 4, 5 FROM t GROUP BY 1, 2, 3 ORDER BY 1, 2, 3, 4, 5"), "");
  EXPECT_THAT(refusal("SELECT 1 FROM t GROUP BY 1, 2, 3, 4, 5"), HasSubstr("3 expressions in GROUP BY"));
  EXPECT_THAT(refusal("SELECT 1 FROM t GROUP BY ROLLUP (1, 2, 3, 4, 5)"), HasSubstr("3 expressions in GROUP BY"));
  EXPECT_EQ(refusal("SELECT f(lambda x: 1), f(lambda x: 1), f(lambda x: f(lambda y: 1))"), "");
  EXPECT_THAT(refusal("SELECT f(lambda x: f(lambda x: f(lambda x: 1)))"), HasSubstr("2 lambdas"));
}

TEST(Shape, RepeatingQueriesIsRefused) {
  EXPECT_EQ(refusal("WITH a AS MATERIALIZED (SELECT 1) SELECT NOT x FROM a"), "");
  EXPECT_THAT(refusal("WITH a AS NOT /* */ materialized (SELECT 1) FROM a"), HasSubstr("NOT MATERIALIZED"));
}

TEST(Shape, CommasAreTablesOnlyInAFromClause) {
  EXPECT_EQ(refusal("SELECT 1, 2, 3, 4, 5, 6 FROM t WHERE x IN (1, 2, 3, 4, 5, 6) GROUP BY 1, 2, 3"), "");
  EXPECT_EQ(refusal("SELECT f(1, 2, 3, 4, 5, 6) FROM t ORDER BY 1, 2, 3, 4, 5, 6"), "");
}

TEST(Shape, TextsAndCommentsCountAsWhatTheyAre) {
  EXPECT_EQ(refusal("SELECT '" + repeated("((", 50) + "'"), "");
  EXPECT_EQ(refusal("SELECT \"" + repeated("((", 50) + "\""), "");
  EXPECT_EQ(refusal("SELECT $$" + repeated("((", 50) + "$$"), "");
  EXPECT_EQ(refusal("SELECT $a$" + repeated("(($$", 50) + "$a$"), "");
  EXPECT_EQ(refusal("SELECT 1 -- " + repeated("((", 50)), "");
  EXPECT_EQ(refusal("SELECT 1 /* " + repeated("((", 50) + "*/ + 1"), "");
  EXPECT_EQ(refusal("SELECT 'it''s (((( ' || $1"), "");
  EXPECT_THAT(refusal("SELECT 1 -- one line\n" + repeated("(", 5)), HasSubstr("deeper"));
  EXPECT_THAT(refusal("SELECT '', " + repeated("(", 5)), HasSubstr("deeper"));
  EXPECT_THAT(refusal("SELECT $1, $2" + repeated("(", 5)), HasSubstr("deeper"));
}

TEST(Shape, GarbageIsMeasuredToo) {
  for (const std::string& garbage :
       {std::string("'"), std::string("\""), std::string("$"), std::string("$$"), std::string("/*"), std::string("--"),
        std::string(")))"), std::string("\0\1", 2), std::string("\xff\xfe")})
    EXPECT_EQ(refusal(garbage), "") << garbage;
}

}  // namespace
}  // namespace magnetite::query::sql
