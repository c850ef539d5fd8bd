#include "line_protocol/series_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "line_protocol/parser.h"

namespace magnetite::line_protocol {
namespace {

using testing::HasSubstr;

constexpr size_t kKeyMax = 20;

SeriesName split(std::string_view raw) {
  auto name = split_series(raw, kKeyMax);
  EXPECT_TRUE(name) << raw << ": " << name.error().message();
  return name ? *std::move(name) : SeriesName{};
}

std::string error_of(std::string_view raw) {
  const auto name = split_series(raw, kKeyMax);
  return name ? "accepted" : std::string(name.error().message());
}

TEST(SeriesName, IsMeasurementAndTagsByKey) {
  const SeriesName name = split("cpu,region=eu,host=a");
  EXPECT_EQ(name.measurement, "cpu");
  EXPECT_EQ(name.tags, (std::vector<Tag>{{"host", "a"}, {"region", "eu"}}));
  EXPECT_TRUE(split("cpu").tags.empty());
}

TEST(SeriesName, EscapesLoseTheirBackslash) {
  const SeriesName name = split(R"(a\,b\ c\\d\e\=,k\=\,\ \\x=v\=\,\ \\\y)");
  EXPECT_EQ(name.measurement, R"(a,b c\d\e\=)");
  EXPECT_EQ(name.tags, (std::vector<Tag>{{R"(k=, \x)", R"(v=, \\y)"}}));
}

TEST(SeriesName, UnescapedSeparatorsMayBeInnocent) {
  EXPECT_EQ(split("m=n\"o\",a=b=c").measurement, "m=n\"o\"");
  EXPECT_EQ(split("m,a=b=c").tags, (std::vector<Tag>{{"a", "b=c"}}));
  EXPECT_EQ(split("m,a,b=c,d=e").tags, (std::vector<Tag>{{"a,b", "c"}, {"d", "e"}}));
}

TEST(SeriesName, RefusalsSayWhichTag) {
  EXPECT_EQ(error_of(""), "the measurement is empty");
  EXPECT_EQ(error_of(",a=b"), "the measurement is empty");
  EXPECT_EQ(error_of("m,"), "tag '' has no '='");
  EXPECT_EQ(error_of("m,a=b,"), "tag '' has no '='");
  EXPECT_EQ(error_of("m,a=b,c"), "tag 'c' has no '='");
  EXPECT_EQ(error_of("m,=b"), "the tag key '' is empty");
  EXPECT_EQ(error_of("m,a="), "the value of tag 'a' is empty");
  EXPECT_EQ(error_of("m,a=,c=d"), "the value of tag 'a' is empty");
  EXPECT_EQ(error_of("m,b=1,a=1,b=2"), "tag 'b' occurs twice");
  EXPECT_EQ(error_of("m,time=1"), "'time' is the timestamp's name, a tag cannot have it");
  EXPECT_EQ(error_of("foo\\\\"), "the measurement ends in a backslash");
  EXPECT_EQ(error_of("m,a\\\\=b"), "the tag key 'a\\' ends in a backslash");
  EXPECT_EQ(error_of("m,a=b\\\\"), "the value of tag 'a' ends in a backslash");
  EXPECT_EQ(error_of("m,a=b\\"), "the value of tag 'a' ends in a backslash");
  EXPECT_EQ(error_of("m,a=b\xff"), "invalid UTF-8");
  EXPECT_EQ(error_of("m n"), "a blank in measurement or tags is not escaped");
  EXPECT_EQ(error_of("m,a=b\tc"), "a blank in measurement or tags is not escaped");
  EXPECT_EQ(error_of(std::string_view("m\0n", 3)), "the measurement holds a NUL byte");
}

TEST(SeriesName, LengthsCountWithoutEscapes) {
  const std::string longest(kKeyMax, 'x');
  split(longest + ',' + longest + '=' + longest);
  split("\\," + longest.substr(1));
  EXPECT_THAT(error_of(longest + 'x'), HasSubstr("the measurement has more than 20 bytes"));
  EXPECT_THAT(error_of("m," + longest + "x=1"), HasSubstr("has more than 20 bytes"));
  EXPECT_THAT(error_of("m,a=" + longest + 'x'), HasSubstr("the value of tag 'a' has more than 20 bytes"));
}

// A token as a line can hold it: not empty, no backslash at its end, blanks but spaces only behind a backslash.
rc::Gen<std::string> token() {
  const auto piece = rc::gen::element<std::string>("a", "b", ",", "=", " ", "\\", "\"", "\u00fc", "\\\n", "\\\t", "\r");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const std::vector<std::string>& pieces) {
    std::string text;
    for (const std::string& each : pieces) text += each;
    return text + 'z';
  });
}

SeriesName some_name() {
  SeriesName name{*token(), {}};
  const auto keys = *rc::gen::container<std::vector<std::string>>(token());
  for (const std::string& key : keys)
    if (!std::ranges::contains(name.tags, key, &Tag::key)) name.tags.push_back({key, *token()});
  std::ranges::sort(name.tags);
  return name;
}

RC_GTEST_PROP(SeriesName, CanonicalTextGivesTheSameNameBack, ()) {
  const SeriesName name = some_name();
  const auto back = split_series(canonical_text(name), 100'000);
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->measurement == name.measurement);
  RC_ASSERT(back->tags == name.tags);
}

RC_GTEST_PROP(SeriesName, CanonicalTextStartsALine, ()) {
  const SeriesName name = some_name();
  const std::string series = canonical_text(name);
  RC_PRE(!series.starts_with('\r'));
  const std::string text = series + " x=1i 5\n";
  Batch batch;
  parse(text, {.key_bytes_max = 100'000}, batch);
  if (series.starts_with(',') || series.starts_with('"')) return;
  RC_ASSERT(batch.lines.size() == 1U);
  RC_ASSERT(batch.lines[0].series.in(text) == series);
}

RC_GTEST_PROP(SeriesName, EveryOrderOfTagsIsTheSameSeries, ()) {
  const SeriesName name = some_name();
  std::vector<Tag> tags = name.tags;
  std::ranges::shuffle(tags, std::mt19937_64(*rc::gen::arbitrary<uint64_t>()));
  const auto shuffled = split_series(canonical_text({name.measurement, tags}), 100'000);
  RC_ASSERT(shuffled.has_value());
  RC_ASSERT(canonical_text(*shuffled) == canonical_text(name));
}

}  // namespace
}  // namespace magnetite::line_protocol
