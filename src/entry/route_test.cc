#include <gmock/gmock.h>

#include "entry/testing/routing.h"

namespace magnetite::entry {
namespace {

using model::ColumnType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::parse;
using testing::Routing;

TEST(Route, GroupsLinesByTableAndPartition) {
  Routing routing;
  const RoutedWrite write = routing("a x=1i 1\nb x=1i 2\na x=2i 3\na x=3i 86400000000000");
  ASSERT_EQ(write.partitions.size(), 3u);
  EXPECT_THAT(write.partitions[0].lines, ElementsAre(0, 2));
  EXPECT_THAT(write.partitions[1].lines, ElementsAre(1));
  EXPECT_THAT(write.partitions[2].lines, ElementsAre(3));
  EXPECT_EQ(write.partitions[0].times, (model::TimeRange{1, 3}));
  EXPECT_EQ(write.lines_accepted, 4u);
}

TEST(Route, WishesFollowTheFirstLineThatNeedsThem) {
  Routing routing;
  const RoutedWrite write = routing("m,t=1 x=1i,y=2.5 1\nm,t=1 x=1i,z=t 2");
  ASSERT_EQ(write.tables.size(), 1u);
  EXPECT_TRUE(write.tables[0].is_new);
  EXPECT_THAT(write.tables[0].wishes,
              ElementsAre(schema::ColumnWish{"t", ColumnType::kTag}, schema::ColumnWish{"x", ColumnType::kInteger},
                          schema::ColumnWish{"y", ColumnType::kFloat}, schema::ColumnWish{"z", ColumnType::kBoolean}));
  EXPECT_TRUE(routing("m,t=1 x=1i 3").tables[0].wishes.empty());
}

TEST(Route, ConflictsNameColumnTableAndBothTypes) {
  Routing routing;
  routing("m,t=1 x=1i 1");
  const RoutedWrite write = routing("m,t=1 x=1.5 2\nm,x=1 y=1i 3\nm t=1i 4\nm,q=1 q=1i 5\nm,t=1 x=2i 6");
  ASSERT_EQ(write.errors.size(), 4u);
  EXPECT_EQ(write.errors[0].message, "column 'x' of table 'm' is an integer, this line writes a float");
  EXPECT_EQ(write.errors[1].message, "column 'x' of table 'm' is an integer, this line writes a tag");
  EXPECT_EQ(write.errors[2].message, "column 't' of table 'm' is a tag, this line writes an integer");
  EXPECT_EQ(write.errors[3].line_number, 4u);
  EXPECT_EQ(write.lines_accepted, 1u);
  EXPECT_EQ(write.lines_rejected, 4u);
}

TEST(Route, ARefusedLineLeavesNothingBehind) {
  Routing routing;
  const RoutedWrite write = routing("m,a=1,a=2 x=1i 1\nn,time=2 y=1i 1\nm z=1i,z=2.5 3");
  EXPECT_TRUE(write.tables.empty());
  EXPECT_TRUE(write.partitions.empty());
  EXPECT_EQ(write.lines_rejected, 3u);
}

TEST(Route, AColumnOfARefusedLineDoesNotShiftLaterOnes) {
  Routing routing;
  const RoutedWrite write = routing("m new=1i,x=1i,x=\"s\" 1\nm x=1i 2\nm x=1i,y=2i 3");
  EXPECT_THAT(write.tables.at(0).wishes, ElementsAre(schema::ColumnWish{"x", ColumnType::kInteger},
                                                     schema::ColumnWish{"y", ColumnType::kInteger}));
  EXPECT_EQ(write.field_columns[routing.body->batch.lines[1].field_first], model::ColumnId{1});
  EXPECT_EQ(write.field_columns[routing.body->batch.lines[2].field_first + 1], model::ColumnId{2});
}

TEST(Route, TheLastOfTwoEqualFieldsWins) {
  Routing routing;
  const RoutedWrite write = routing("m x=1i,x=2i 1");
  EXPECT_THAT(write.field_columns, ElementsAre(schema::kTimeColumnId, model::ColumnId{1}));
}

TEST(Route, LimitsAreToldApartFromBadInput) {
  Routing routing;
  routing.options.limits.columns_per_table_max = 3;
  routing.options.limits.tables_per_database_max = 2;
  const RoutedWrite write = routing("m a=1i,b=1i 1\nm c=1i 2\nn a=1i 3\no a=1i 4\nm a=2i 5\nbad");
  EXPECT_EQ(write.lines_accepted, 3u);
  EXPECT_THAT(write.limit_errors, ElementsAre(true, true, false));
  EXPECT_THAT(write.errors[0].message, HasSubstr("--columns-per-table-max"));
  EXPECT_THAT(write.errors[1].message, HasSubstr("--tables-per-database-max"));
}

TEST(Route, ErrorsOfParserAndRouterComeInLineOrder) {
  Routing routing;
  const RoutedWrite write = routing("m x=1i 1\nbad\nm x=t 2\nworse\n");
  std::vector<uint32_t> numbers;
  for (const auto& error : write.errors) numbers.push_back(error.line_number);
  EXPECT_THAT(numbers, ElementsAre(2, 3, 4));
}

TEST(Route, OnlyAcceptedTablesCountAgainstTheLimit) {
  Routing routing;
  routing.options.limits.tables_per_database_max = 1;
  const RoutedWrite write = routing("a,t=1,t=2 x=1i 1\nb x=1i 2\na x=1i 3\nb x=2i 4");
  EXPECT_THAT(write.limit_errors, ElementsAre(false, true));
  ASSERT_EQ(write.tables.size(), 1u);
  EXPECT_EQ(write.tables[0].name, "b");
  EXPECT_EQ(write.lines_accepted, 2u);
}

TEST(Route, KnownSpellingsAreOrdinalsAndOthersAreNamedOnce) {
  Routing routing;
  routing("m,a=1,b=2 x=1i 1");
  const RoutedWrite write = routing("m,a=1,b=2 x=1i 2\nm,b=2,a=1 x=1i 3\nm,b=2,a=1 x=1i 4\nm,a=1,b=2 x=2i 5");
  ASSERT_EQ(write.partitions.size(), 1u);
  const PartitionWrite& partition = write.partitions[0];
  EXPECT_NE(partition.lookup, nullptr);
  EXPECT_THAT(partition.series, ElementsAre(0, kUnknownSeries, kUnknownSeries, 0));
  ASSERT_EQ(partition.new_series.size(), 1u);
  EXPECT_EQ(partition.new_series[0].position, 1u);
  EXPECT_THAT(partition.new_series[0].name.tags,
              ElementsAre(line_protocol::Tag{"a", "1"}, line_protocol::Tag{"b", "2"}));
}

TEST(Route, FieldsAreResolvedInAnyOrderAndSpelling) {
  Routing routing;
  routing("m a\\ b=1i,c=2i,d=3i 1");
  const RoutedWrite write =
      routing("m a\\ b=1i,c=2i,d=3i 1\nm d=1i,a\\ b=2i 2\nm c=1i 3\nn c=1.5 4\nm d=1i,a\\ b=2i,c=4i 5");
  std::vector<uint32_t> ids;
  for (const model::ColumnId id : write.field_columns) ids.push_back(id.value);
  EXPECT_THAT(ids, ElementsAre(1, 2, 3, 3, 1, 2, 1, 3, 1, 2));
  EXPECT_TRUE(write.errors.empty());
}

TEST(Route, TimeCannotBeAColumn) {
  Routing routing;
  EXPECT_EQ(routing("m,time=1 x=1i 1\nm time=1i 1\nm ti\\me=1i 1").lines_accepted, 1u);
}

TEST(Route, ErrorsQuoteTheStartOfTheLineAsValidText) {
  Routing routing;
  const std::string tag(line_protocol::kErrorLineBytesMax - 5, 'x');
  const RoutedWrite write = routing("m,a=" + tag + "éé,a=2 x=1i 1");
  ASSERT_EQ(write.errors.size(), 1u);
  EXPECT_EQ(write.errors[0].original, "m,a=" + tag);
}

TEST(Route, AnyNumberOfErrorsIsCountedAndTheFirstAreKept) {
  Routing routing;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "m,a=1,a=2 x=1i 1\n";
  const RoutedWrite write = routing(text);
  EXPECT_EQ(write.lines_rejected, 3000u);
  EXPECT_EQ(write.errors.size(), 1000u);
}

}  // namespace
}  // namespace magnetite::entry
