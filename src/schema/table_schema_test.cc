#include "schema/table_schema.h"

#include <gmock/gmock.h>

namespace magnetite::schema {
namespace {

using model::ColumnId;
using model::ColumnType;

std::shared_ptr<const TableSchema> cpu() {
  const std::vector<ColumnWish> wishes = {{"usage", ColumnType::kFloat}, {"host", ColumnType::kTag}};
  return TableSchema("cpu").extend(wishes, 100).value();
}

TEST(TableSchema, StartsWithTimeAndKeepsIdsForEver) {
  EXPECT_EQ(TableSchema("cpu").columns().size(), 1u);
  const auto schema = cpu();
  EXPECT_EQ(schema->find("time")->id, kTimeColumnId);
  EXPECT_EQ(schema->find("usage")->id, ColumnId{1});
  const std::vector<ColumnWish> more = {{"host", ColumnType::kTag}, {"a", ColumnType::kTag}};
  const auto grown = schema->extend(more, 100).value();
  EXPECT_EQ(grown->find("usage")->id, ColumnId{1});
  EXPECT_EQ(grown->find("a")->id, ColumnId{3});
  EXPECT_EQ(grown->columns().size(), 4u);
  EXPECT_EQ(schema->columns().size(), 3u);  // a snapshot never changes
  EXPECT_THAT(grown->tags_by_name(), testing::ElementsAre(ColumnId{3}, ColumnId{2}));
}

TEST(TableSchema, AnotherTypeIsRefusedByName) {
  const std::vector<ColumnWish> wish = {{"usage", ColumnType::kInteger}};
  const auto refused = cpu()->extend(wish, 100);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "column 'usage' of table 'cpu' is of type float, not integer");
}

TEST(TableSchema, IdsThatNobodyNamedStayVacantUntilTheyAreNamed) {
  const auto gap = cpu()->with({{5}, "late", ColumnType::kFloat}).value();
  EXPECT_EQ(gap->columns().size(), 6u);
  EXPECT_EQ(gap->find("late")->id, ColumnId{5});
  EXPECT_EQ(gap->find(""), nullptr);
  EXPECT_THAT(gap->columns_by_name(), testing::ElementsAre(ColumnId{2}, ColumnId{5}, ColumnId{0}, ColumnId{1}));
  const std::vector<ColumnWish> wish = {{"new", ColumnType::kTag}};
  EXPECT_EQ(gap->extend(wish, 100).value()->find("new")->id, ColumnId{6});

  const auto filled = gap->with({{3}, "early", ColumnType::kTag}).value();
  EXPECT_EQ(filled->find("early")->id, ColumnId{3});
  EXPECT_EQ(filled->with({{3}, "early", ColumnType::kTag}).value()->columns().size(), 6u);
  for (const Column& wrong : {Column{{3}, "other", ColumnType::kTag}, Column{{3}, "early", ColumnType::kFloat},
                              Column{{4}, "early", ColumnType::kTag}, Column{{4}, "", ColumnType::kTag}})
    EXPECT_EQ(filled->with(wrong).error().code(), ErrorCode::kCorruption) << wrong.name;
}

TEST(TableSchema, NamesThatDifferByCaseAreTwoColumns) {
  const std::vector<ColumnWish> wish = {{"Usage", ColumnType::kInteger}};
  EXPECT_EQ(cpu()->extend(wish, 100).value()->find("Usage")->id, ColumnId{3});
}

TEST(TableSchema, LimitIsAnErrorOfItsOwn) {
  const std::vector<ColumnWish> wish = {{"x", ColumnType::kInteger}};
  EXPECT_EQ(cpu()->extend(wish, 3).error().code(), ErrorCode::kLimitExceeded);
  EXPECT_TRUE(cpu()->extend(wish, 4));
}

TEST(TableSchema, AWishThatFailsChangesNothing) {
  const auto schema = cpu();
  const std::vector<ColumnWish> wishes = {{"new", ColumnType::kTag}, {"host", ColumnType::kFloat}};
  EXPECT_FALSE(schema->extend(wishes, 100));
  EXPECT_EQ(schema->find("new"), nullptr);
}

TEST(TableSchema, ColumnsByNameAreInByteOrder) {
  const std::vector<ColumnWish> wishes = {{"é", ColumnType::kTag}, {"Z", ColumnType::kTag}, {"a", ColumnType::kTag}};
  const auto schema = TableSchema("t").extend(wishes, 100).value();
  EXPECT_THAT(schema->columns_by_name(), testing::ElementsAre(ColumnId{2}, ColumnId{3}, ColumnId{0}, ColumnId{1}));
}

}  // namespace
}  // namespace magnetite::schema
