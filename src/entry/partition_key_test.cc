#include "entry/partition_key.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "entry/testing/identity.h"
#include "entry/testing/routing.h"

namespace magnetite::entry {
namespace {

using testing::Routing;

std::string key_of(std::vector<model::TemplatePart> parts, const std::string& line) {
  Routing routing(std::move(parts));
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
  EXPECT_EQ(key_of({TablePart{}, ColumnPart{"none"}, ColumnPart{"region"}, TimePart{"%Y"}}, line),
            "cpu--region_west-2020");
  EXPECT_EQ(key_of({}, line), "");
  EXPECT_EQ(key_of({TimePart{"%Y-%m-%d"}}, "cpu foo=1 -1"), "1969-12-31");
  EXPECT_EQ(key_of({TimePart{"%Y"}}, "cpu foo=1 -9223372036854775808"), "1677");
  EXPECT_EQ(key_of({TimePart{"%Y"}}, "cpu foo=1 9223372036854775807"), "2262");
  EXPECT_EQ(key_of({RegexPart{"region", "s."}}, line), "st");  // without a group: the whole match
  EXPECT_EQ(key_of({RegexPart{"region", "(q)?we"}}, line), "");
  EXPECT_EQ(key_of({StrftimePart{"id", "%Y"}}, "cpu,id=1x foo=1"), "");
  EXPECT_EQ(key_of({StrftimePart{"id", "%Y"}}, "cpu,id=99999999999999999999 foo=1"), "");
  EXPECT_EQ(key_of({ColumnPart{"re gion"}}, "cpu,re\\ gion=we\\,st foo=1"), "re gion_we,st");
}

TEST(PartitionKey, AFieldCannotSteerIt) {
  EXPECT_EQ(key_of({model::ColumnPart{"foo"}}, "cpu,region=west foo=1 1"),
            "refused: the partition template reads 'foo', which is a field here: it must be a tag");
  EXPECT_EQ(key_of({model::ColumnPart{"f o"}}, "cpu f\\ o=1 1"),
            "refused: the partition template reads 'f o', which is a field here: it must be a tag");
  Routing routing({model::ColumnPart{"foo"}});
  routing("cpu,foo=a x=1 1");
  EXPECT_EQ(routing("cpu foo=1 1").lines_accepted, 0u);
  EXPECT_EQ(routing("cpu x=1 1").lines_accepted, 1u);
}

TEST(PartitionKey, BadPartsAreNamed) {
  const auto message = [](model::TemplatePart part) {
    const auto made = PartitionKeyMaker::make({{model::TablePart{}, std::move(part)}});
    return made ? std::string("fine") : made.error().message();
  };
  EXPECT_THAT(message(model::RegexPart{"a", "("}),
              ::testing::StartsWith("rules.partition_template.parts.1.part.regex.format: "));
  EXPECT_EQ(message(model::TimePart{"%Y-%"}),
            "rules.partition_template.parts.1.part.time: '%' is no time format specifier");
  EXPECT_EQ(message(model::StrftimePart{"a", "%Q"}),
            "rules.partition_template.parts.1.part.strf_time.format: '%Q' is no time format specifier");
}

TEST(PartitionKey, OneBucketHasOneKeyAndTheNextMayDiffer) {
  const auto keys = PartitionKeyMaker::make({{model::TimePart{"%Y-%m-%d %H:00"}, model::TimePart{"%d"}}}).value();
  constexpr int64_t kHour = 3'600'000'000'000;
  EXPECT_EQ(keys.time_bucket(0), keys.time_bucket(kHour - 1));
  EXPECT_NE(keys.time_bucket(0), keys.time_bucket(kHour));
  EXPECT_NE(keys.time_bucket(0), keys.time_bucket(-1));
  const auto timeless = PartitionKeyMaker::make({{model::TablePart{}}}).value();
  EXPECT_EQ(timeless.time_bucket(INT64_MIN), timeless.time_bucket(INT64_MAX));
}

TEST(PartitionKey, TheSequencerOfAPartitionNeverChanges) {
  EXPECT_EQ(sequencer_index("cpu", "2020-10-10", 8), 6u);
  EXPECT_EQ(sequencer_index("cpu", "2020-10-11", 8), 0u);
  EXPECT_EQ(sequencer_index("", "", 7), 2u);
  EXPECT_EQ(sequencer_index("cpu", "", 1), 0u);
}

rc::Gen<model::TemplatePart> any_part() {
  const auto column = rc::gen::element<std::string>("a", "b c", "c,d", "e=f", "g\\h", "id", "none");
  const auto format = rc::gen::element<std::string>("%Y-%m-%d", "%H", "%S", "%f", "x", "%j%%");
  const auto regex = rc::gen::element<std::string>("n(.)", "z$", "", "(q)|(.)", "[^n]+");
  return rc::gen::oneOf(
      rc::gen::just<model::TemplatePart>(model::TablePart{}),
      rc::gen::map(column, [](std::string c) -> model::TemplatePart { return model::ColumnPart{std::move(c)}; }),
      rc::gen::map(format, [](std::string f) -> model::TemplatePart { return model::TimePart{std::move(f)}; }),
      rc::gen::map(rc::gen::pair(column, regex),
                   [](std::pair<std::string, std::string> p) -> model::TemplatePart {
                     return model::RegexPart{std::move(p.first), std::move(p.second)};
                   }),
      rc::gen::map(rc::gen::pair(column, format), [](std::pair<std::string, std::string> p) -> model::TemplatePart {
        return model::StrftimePart{std::move(p.first), std::move(p.second)};
      }));
}

// L2: whatever the order and spelling of its tags and the fields beside them, in one body or in several.
RC_GTEST_PROP(PartitionKey, OneIdentityHasOnePartitionAndOneSequencer, ()) {
  const auto parts = *rc::gen::container<std::vector<model::TemplatePart>>(any_part());
  const auto identity = *testing::any_identity();
  const auto time =
      *rc::gen::oneOf(rc::gen::arbitrary<int64_t>(), rc::gen::element<int64_t>(INT64_MIN, INT64_MAX, -1, 0));
  std::mt19937_64 random(*rc::gen::arbitrary<uint32_t>());
  Routing routing(parts);
  routing.options.sequencer_count = 7;
  std::set<std::pair<std::string, uint32_t>> places;
  for (int bodies = 0; bodies < 3; ++bodies) {
    std::string text;
    for (int lines = 0; lines < 4; ++lines) {
      text +=
          testing::spell(identity, random) + " f" + std::to_string(random() % 5) + "=1i " + std::to_string(time) + "\n";
      text += "other,a=n1z,id=5 x=1 " + std::to_string(random() % 1'000'000) + "\n";
    }
    const RoutedWrite write = routing(text);
    RC_ASSERT(write.errors.empty());
    for (const PartitionWrite& each : write.partitions) {
      if (write.tables[each.table].name != identity.measurement) continue;
      RC_ASSERT(each.lines.size() == 4u);
      RC_ASSERT(each.sequencer_index < 7u);
      places.emplace(each.partition_key, each.sequencer_index);
    }
  }
  RC_ASSERT(places.size() == 1u);
}

}  // namespace
}  // namespace magnetite::entry
