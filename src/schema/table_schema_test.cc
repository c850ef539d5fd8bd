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
