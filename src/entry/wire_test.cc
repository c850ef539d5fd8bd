#include "entry/wire.h"

#include <gmock/gmock.h>

#include <random>

namespace magnetite::entry {
namespace {

using model::ColumnType;

TEST(Wire, HeadersRoundTripWithAnyNames) {
  EntryHeaders headers{
      "my db",
      model::Uuid::random(),
      model::Uuid::random(),
      {{"a b", model::ColumnId{1}, "c 1 2\n", ColumnType::kTag}, {"t", model::ColumnId{7}, "é", ColumnType::kBoolean}}};
  const auto back = decode(encode(headers));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->database, headers.database);
  EXPECT_EQ(back->database_uuid, headers.database_uuid);
  EXPECT_EQ(back->declarations, headers.declarations);
}

TEST(Wire, TheBytesAreTheDocumentedOnes) {
  const EntryHeaders headers{
      "db", model::Uuid{}, model::Uuid{}, {{"cpu", model::ColumnId{2}, "ho st", ColumnType::kTag}}};
  const std::string none = "00000000-0000-0000-0000-000000000000";
  EXPECT_THAT(encode(headers),
              ::testing::ElementsAre(::testing::Pair("content-type", "text/vnd.influx.lineprotocol; precision=ns"),
                                     ::testing::Pair("magnetite-version", "1"), ::testing::Pair("database", "db"),
                                     ::testing::Pair("database-uuid", none), ::testing::Pair("writer", none),
                                     ::testing::Pair("declarations", "2 tag 3 5 cpu ho st ")));
}

TEST(Wire, WhatIsMissingIsNamedAndWhatIsUnknownIgnored) {
  HeaderList list = encode({"db", model::Uuid::random(), model::Uuid::random(), {}});
  list.emplace_back("traceparent", "00-x");
  EXPECT_TRUE(decode(list));
  std::erase_if(list, [](const auto& header) { return header.first == "writer"; });
  EXPECT_EQ(decode(list).error().message(), "the record has no writer header");
}

TEST(Wire, DeclarationsThatCannotBeTrueAreCorruption) {
  for (const std::string_view bad :
       {"1 tag 1 1 t c", "0 tag 1 1 t c ", "1 time 1 1 t c ", "1 tag 0 1  c ", "1 tag 9 1 t c ", "-1 tag 1 1 t c ",
        "1 tag 1 18446744073709551615 t c ", "1 tag 1 1 t c 2", "4294967296 tag 1 1 t c "}) {
    HeaderList list = encode({"db", model::Uuid::random(), model::Uuid::random(), {}});
    list.emplace_back("declarations", bad);
    const auto decoded = decode(list);
    ASSERT_FALSE(decoded) << bad;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption) << bad;
  }
}

TEST(Wire, GarbageIsCorruptionNeverACrash) {
  EXPECT_EQ(decode({}).error().code(), ErrorCode::kCorruption);
  std::mt19937_64 random(9);
  const HeaderList good =
      encode({"db", model::Uuid::random(), model::Uuid::random(), {{"t", model::ColumnId{1}, "c", ColumnType::kTag}}});
  for (int round = 0; round < 2000; ++round) {
    HeaderList bad = good;
    std::string& value = bad[random() % bad.size()].second;
    if (value.empty()) continue;
    if (random() % 2 == 0)
      value.resize(random() % value.size());
    else
      value[random() % value.size()] = static_cast<char>(random());
    const auto decoded = decode(bad);
    EXPECT_TRUE(decoded || decoded.error().code() == ErrorCode::kCorruption);
  }
}

TEST(Wire, ARecordOfAnybodySaysItsPrecision) {
  using line_protocol::Precision;
  const auto precision = [](std::string type) { return precision_of({{"other", "x"}, {"content-type", type}}); };
  EXPECT_EQ(precision_of({}).value(), Precision::kNanoseconds);
  EXPECT_EQ(precision(std::string(kContentType)).value(), Precision::kNanoseconds);
  EXPECT_EQ(precision("text/plain; charset=utf-8").value(), Precision::kNanoseconds);
  EXPECT_EQ(precision("text/vnd.influx.lineprotocol;precision=s").value(), Precision::kSeconds);
  EXPECT_EQ(precision("text/plain; charset=utf-8; precision=ms").value(), Precision::kMilliseconds);
  for (const char* bad : {"", "application/json", "text/plain; precision=parsec", "application/x-protobuf; schema=x"})
    EXPECT_EQ(precision(bad).error().code(), ErrorCode::kCorruption) << bad;
}

}  // namespace
}  // namespace magnetite::entry
