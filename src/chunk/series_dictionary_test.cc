#include "chunk/series_dictionary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace magnetite::chunk {
namespace {

using Tags = std::vector<std::pair<model::ColumnId, std::string_view>>;
constexpr model::ColumnId kHost{1};
constexpr model::ColumnId kRegion{2};

TEST(SeriesDictionary, AnotherTagOrderIsTheSameSeries) {
  SeriesDictionary dictionary;
  const SeriesOrdinal first = dictionary.insert("cpu,host=a,region=b", Tags{{kHost, "a"}, {kRegion, "b"}});
  EXPECT_EQ(dictionary.find("cpu,region=b,host=a"), entry::kUnknownSeries);
  EXPECT_EQ(dictionary.insert("cpu,region=b,host=a", Tags{{kRegion, "b"}, {kHost, "a"}}), first);
  EXPECT_EQ(dictionary.find("cpu,region=b,host=a"), first);
  EXPECT_EQ(dictionary.find("cpu,host=a,region=b"), first);
  EXPECT_EQ(dictionary.size(), 1U);
}

TEST(SeriesDictionary, EqualValuesUnderOtherTagsAreOtherSeries) {
  SeriesDictionary dictionary;
  EXPECT_NE(dictionary.insert("m,host=a", Tags{{kHost, "a"}}), dictionary.insert("m,region=a", Tags{{kRegion, "a"}}));
  EXPECT_NE(dictionary.insert("m", Tags{}), dictionary.find("m,host=a"));
  EXPECT_EQ(dictionary.size(), 3U);
}

TEST(SeriesDictionary, TagsComeBackByColumn) {
  SeriesDictionary dictionary;
  const SeriesOrdinal both = dictionary.insert("m,region=b,host=", Tags{{kRegion, "b"}, {kHost, "a"}});
  const SeriesOrdinal one = dictionary.insert("m,region=c", Tags{{kRegion, "c"}});
  ASSERT_EQ(dictionary.tags(both).size(), 2U);
  EXPECT_EQ(dictionary.tags(both)[0].value, "a");
  EXPECT_EQ(dictionary.tags(both)[1].value, "b");
  const std::vector<SeriesOrdinal> asked{one, both};
  const std::vector<TagCodes> codes = dictionary.tag_codes(asked);
  ASSERT_EQ(codes.size(), 2U);
  EXPECT_EQ(codes[0].column, kHost);
  EXPECT_EQ(codes[0].codes[0], kNoTag);
  EXPECT_EQ((*codes[1].values)[codes[1].codes[0]], "c");
  EXPECT_EQ(dictionary.tag_codes(std::vector{one}).size(), 1U);
}

TEST(SeriesDictionary, ATrailFindsWhatIsThereInAnyOrder) {
  SeriesDictionary dictionary;
  const auto raw = [](int number) { return "m,host=" + std::to_string(number); };
  std::vector<SeriesOrdinal> known;
  for (int i = 0; i < 100; ++i) known.push_back(dictionary.insert(raw(i), Tags{{kHost, std::to_string(i)}}));
  SeriesDictionary::Trail trail;
  for (const int step : {1, 7, 99, 0}) {
    for (int i = 0; i < 200; ++i) {
      const int number = i * step % 100;
      EXPECT_EQ(dictionary.find(raw(number), trail), known[static_cast<size_t>(number)]);
      if (i % 10 == 3) {
        EXPECT_EQ(dictionary.find("m,host=none", trail), entry::kUnknownSeries);
      }
    }
  }
  dictionary.insert("m,host=late", Tags{{kHost, "late"}});
  EXPECT_EQ(dictionary.find(raw(99), trail), known[99]);
  EXPECT_EQ(dictionary.find("m,host=late", trail), 100U);
}

TEST(SeriesDictionary, KnowsTheExtentOfEachTag) {
  SeriesDictionary dictionary;
  for (const std::string value : {"b", "c", "a", "c"}) dictionary.insert("m,host=" + value, Tags{{kHost, value}});
  dictionary.insert("m", Tags{});
  const std::optional<TagExtent> extent = dictionary.tag_extent(kHost);
  ASSERT_TRUE(extent);
  EXPECT_EQ(extent->min, "a");
  EXPECT_EQ(extent->max, "c");
  EXPECT_EQ(extent->distinct_count, 3U);
  EXPECT_EQ(extent->series_count, 3U);
  EXPECT_FALSE(dictionary.tag_extent(kRegion));
}

TEST(SeriesDictionary, FindsWhatOthersInsertMeanwhile) {
  SeriesDictionary dictionary;
  constexpr uint32_t kSeries = 20'000;
  const auto raw = [](uint32_t i) { return "m,host=host_" + std::to_string(i); };
  std::jthread writer([&] {
    for (uint32_t i = 0; i < kSeries; ++i) {
      const std::string value = "host_" + std::to_string(i);
      dictionary.insert(raw(i), Tags{{kHost, value}});
    }
  });
  while (dictionary.size() < kSeries) {
    const auto known = static_cast<uint32_t>(dictionary.size());
    if (known == 0) continue;
    for (uint32_t i = known > 50 ? known - 50 : 0; i < known; ++i) ASSERT_EQ(dictionary.find(raw(i)), i);
    ASSERT_EQ(dictionary.tags(known - 1).at(0).value, "host_" + std::to_string(known - 1));
  }
  for (uint32_t i = 0; i < kSeries; ++i) ASSERT_EQ(dictionary.find(raw(i)), i);
  EXPECT_EQ(dictionary.find("m,host=host_"), entry::kUnknownSeries);
}

}  // namespace
}  // namespace magnetite::chunk
