#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "entry/routed_write.h"
#include "entry/wire.h"

namespace magnetite::entry {
namespace {

using model::ColumnType;
using ::testing::ElementsAre;

class FakeContext : public RouteContext {
 public:
  std::shared_ptr<const schema::TableSchema> table(std::string_view name) override {
    const auto found = tables.find(std::string(name));
    return found == tables.end() ? nullptr : found->second;
  }
  std::shared_ptr<const SeriesLookup> series(std::string_view, std::string_view) override { return nullptr; }
  size_t table_count() override { return tables.size(); }
  void accept(const RoutedWrite& write) {
    for (const TableWrite& each : write.tables) tables[each.name] = each.schema;
  }
  std::map<std::string, std::shared_ptr<const schema::TableSchema>> tables;
};

std::unique_ptr<ParsedBody> parse(std::string text) {
  auto body = std::make_unique<ParsedBody>();
  body->text = std::move(text);
  line_protocol::ParseOptions options;
  options.default_time_nanos = 1602338097000000000;
  line_protocol::parse(body->text, options, body->batch);
  return body;
}

PartitionKeyMaker maker(std::vector<model::TemplatePart> parts) {
  auto made = PartitionKeyMaker::make({std::move(parts)});
  return std::move(made).value();
}

struct Routing {
  FakeContext context;
  RouteOptions options;
  PartitionKeyMaker keys = maker({model::TimePart{"%Y-%m-%d"}});
  std::unique_ptr<ParsedBody> body;

  RoutedWrite operator()(std::string text) {
    body = parse(std::move(text));
    RoutedWrite write = route(*body, keys, options, context);
    context.accept(write);
    return write;
  }
};

std::string key_of(std::vector<model::TemplatePart> parts, const std::string& line) {
  Routing routing;
  routing.keys = maker(std::move(parts));
  const RoutedWrite write = routing(line);
  return write.partitions.size() == 1 ? write.partitions[0].partition_key : "refused: " + write.errors.at(0).message;
}

TEST(PartitionKey, EveryPartAsTheTemplateSays) {
  using namespace model;
  const std::string line = "cpu,region=west,id=1602338097000000000 foo=1 1602338097000000000";
  EXPECT_EQ(key_of({TablePart{}}, line), "cpu");
  EXPECT_EQ(key_of({ColumnPart{"region"}}, line), "region_west");
  EXPECT_EQ(key_of({TimePart{"%Y-%m-%d %H:%M:%S"}}, line), "2020-10-10 13:54:57");
  EXPECT_EQ(key_of({TimePart{"%Y-%m-%d %H:00:00"}}, "cpu foo=1"), "2020-10-10 13:00:00");
  EXPECT_EQ(key_of({RegexPart{"region", "^(..)"}}, line), "we");
  EXPECT_EQ(key_of({RegexPart{"region", "x"}}, line), "");
  EXPECT_EQ(key_of({StrftimePart{"id", "%Y"}}, line), "2020");
  EXPECT_EQ(key_of({StrftimePart{"region", "%Y"}}, line), "");
  EXPECT_EQ(key_of({TablePart{}, ColumnPart{"none"}, ColumnPart{"region"}, TimePart{"%Y"}}, line), "cpu--region_west-2020");
  EXPECT_EQ(key_of({}, line), "");
  EXPECT_EQ(key_of({TimePart{"%Y-%m-%d"}}, "cpu foo=1 -1"), "1969-12-31");
  EXPECT_EQ(key_of({TimePart{"%Y"}}, "cpu foo=1 -9223372036854775808"), "1677");
  EXPECT_EQ(key_of({TimePart{"%Y"}}, "cpu foo=1 9223372036854775807"), "2262");
}

TEST(PartitionKey, AFieldCannotSteerIt) {
  EXPECT_EQ(key_of({model::ColumnPart{"foo"}}, "cpu,region=west foo=1 1"),
            "refused: the partition template reads 'foo', which is a field here: it must be a tag");
}

TEST(PartitionKey, BadExpressionsAreNamed) {
  const auto made = PartitionKeyMaker::make({{model::TablePart{}, model::RegexPart{"a", "("}}});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), testing::HasSubstr("parts.1.part.regex"));
}

TEST(PartitionKey, OneIdentityHasOnePartitionAndOneSequencer) {
  using namespace model;
  std::mt19937_64 random(5);
  const std::vector<std::vector<TemplatePart>> templates = {
      {},
      {TablePart{}},
      {ColumnPart{"a"}, TimePart{"%H"}},
      {RegexPart{"b", "(.)"}, ColumnPart{"c"}},
      {StrftimePart{"c", "%Y"}, TablePart{}}};
  for (const auto& parts : templates) {
    Routing routing;
    routing.keys = maker(parts);
    routing.options.sequencer_count = 7;
    for (int round = 0; round < 200; ++round) {
      std::vector<std::string> tags = {"a=1\\ 2", "b=x\\,y", "c=1602338097000000000"};
      tags.resize(random() % 4);
      std::set<std::pair<std::string, uint32_t>> places;
      for (int spelling = 0; spelling < 4; ++spelling) {
        std::ranges::shuffle(tags, random);
        std::string line = "m\\,x";
        for (const auto& tag : tags) line += "," + tag;
        const RoutedWrite write = routing(line + " f" + std::to_string(random() % 5) + "=1i 1700000000000000000");
        ASSERT_EQ(write.partitions.size(), 1u);
        places.emplace(write.partitions[0].partition_key, write.partitions[0].sequencer_index);
      }
      EXPECT_EQ(places.size(), 1u);
    }
  }
}

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
  EXPECT_EQ(write.errors[0].message,
            "column 'x' of table 'm' is a field of type integer, this line writes a field of type float");
  EXPECT_EQ(write.errors[1].message, "column 'x' of table 'm' is a field of type integer, this line writes a tag");
  EXPECT_EQ(write.errors[2].message,
            "column 't' of table 'm' is a tag, this line writes a field of type integer");
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
  EXPECT_THAT(write.tables.at(0).wishes,
              ElementsAre(schema::ColumnWish{"x", ColumnType::kInteger}, schema::ColumnWish{"y", ColumnType::kInteger}));
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
  EXPECT_THAT(write.errors[0].message, testing::HasSubstr("--columns-per-table-max"));
  EXPECT_THAT(write.errors[1].message, testing::HasSubstr("--tables-per-database-max"));
}

TEST(Route, ErrorsOfParserAndRouterComeInLineOrder) {
  Routing routing;
  const RoutedWrite write = routing("m x=1i 1\nbad\nm x=t 2\nworse\n");
  std::vector<uint32_t> numbers;
  for (const auto& error : write.errors) numbers.push_back(error.line_number);
  EXPECT_THAT(numbers, ElementsAre(2, 3, 4));
}

TEST(Payload, AWholeCleanBodyIsPassedOnAsItIs) {
  const auto body = parse("m x=1i 1\nm x=2i 2");
  Payload payload;
  const std::vector<uint32_t> lines = {0, 1};
  make_payload(*body, lines, payload);
  EXPECT_EQ(payload.text.data(), body->text.data());
}

TEST(Payload, TimesBecomeExplicitNanoseconds) {
  const auto body = parse("m,t=a\\ b x=\"q\nr\"   \r\n# c\nbad\nm x=2i 2\n");
  Payload payload;
  const std::vector<uint32_t> lines = {0, 1};
  make_payload(*body, lines, payload);
  EXPECT_EQ(payload.text, "m,t=a\\ b x=\"q\nr\" 1602338097000000000\nm x=2i 2\n");
}

TEST(Wire, HeadersRoundTripWithAnyNames) {
  EntryHeaders headers{"my db", model::Uuid::random(), model::Uuid::random(),
                       {{"a b", model::ColumnId{1}, "c 1 2\n", ColumnType::kTag}, {"", model::ColumnId{7}, "é", ColumnType::kBoolean}}};
  const auto back = decode(encode(headers));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->database, headers.database);
  EXPECT_EQ(back->database_uuid, headers.database_uuid);
  EXPECT_EQ(back->declarations, headers.declarations);
}

TEST(Wire, GarbageIsCorruptionNeverACrash) {
  EXPECT_EQ(decode({}).error().code(), ErrorCode::kCorruption);
  std::mt19937_64 random(9);
  const HeaderList good = encode({"db", model::Uuid::random(), model::Uuid::random(), {{"t", model::ColumnId{1}, "c", ColumnType::kTag}}});
  for (int round = 0; round < 2000; ++round) {
    HeaderList bad = good;
    std::string& value = bad[random() % bad.size()].second;
    if (value.empty()) continue;
    if (random() % 2 == 0) value.resize(random() % value.size());
    else value[random() % value.size()] = static_cast<char>(random());
    const auto decoded = decode(bad);
    EXPECT_TRUE(decoded || decoded.error().code() == ErrorCode::kCorruption);
  }
}

}  // namespace
}  // namespace magnetite::entry
