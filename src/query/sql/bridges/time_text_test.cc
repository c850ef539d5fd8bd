#include "query/sql/bridges/time_text.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace magnetite::query::sql {
namespace {

std::optional<int64_t> nanos_of(std::string_view text) {
  const auto instant = parse_instant(text);
  return instant ? to_units(*instant, 1'000'000'000) : std::nullopt;
}

TEST(TimeText, FormsOfOneInstant) {
  constexpr Instant kExpected{1'704'060'000, 0};  // 2023-12-31T22:00:00Z
  for (const char* text :
       {"2023-12-31T22:00:00Z", "2023-12-31 22:00:00", "2023-12-31t22:00z", "2023-12-31 22:00 UTC",
        "2024-01-01T00:00:00+02:00", "2024-01-01T00:00:00+0200", "2024-01-01 00:00:00 +02", "2023-12-31 17:00:00-05",
        "2023-12-31T22:00:00.000", "  2023-12-31T22:00:00Z ", "2023-12-31 22:00:00.0000000001", "2024-1-1 0:00+02"})
    EXPECT_EQ(parse_instant(text), kExpected) << text;
}

TEST(TimeText, DaysAndFractions) {
  EXPECT_EQ(parse_instant("1970-01-01"), (Instant{0, 0}));
  EXPECT_EQ(parse_instant("1969-12-31T23:59:59.5"), (Instant{-1, 500'000'000}));
  EXPECT_EQ(parse_instant("2024-02-29"), (Instant{1'709'164'800, 0}));
  EXPECT_EQ(parse_instant("1970-01-01T00:00:00.123456789"), (Instant{0, 123'456'789}));
  EXPECT_EQ(parse_instant("9999-12-31"), (Instant{253'402'214'400, 0}));
}

TEST(TimeText, BothEndsOfWhatCanBeStored) {
  EXPECT_EQ(nanos_of("2262-04-11T23:47:16.854775807Z"), INT64_MAX);
  EXPECT_EQ(nanos_of("2262-04-12T01:47:16.854775807+02:00"), INT64_MAX);
  EXPECT_EQ(nanos_of("2262-04-11T23:47:16.854775808Z"), std::nullopt);
  EXPECT_EQ(nanos_of("1677-09-21T00:12:43.145224192Z"), INT64_MIN);
  EXPECT_EQ(nanos_of("1677-09-21T00:12:43.145224191Z"), std::nullopt);
  EXPECT_EQ(to_units({-1, 500'000'000}, 1'000), -500);
  EXPECT_EQ(to_units({-1, 999'999'999}, 1), -1);
  EXPECT_EQ(to_units({253'402'214'400, 0}, 1'000'000), 253'402'214'400'000'000);
}

TEST(TimeText, WhatIsNoTime) {
  for (const char* text : {"",
                           " ",
                           "yesterday",
                           "2024",
                           "2024-01",
                           "24-01-01",
                           "2024-13-01",
                           "2024-00-10",
                           "2024-02-30",
                           "2023-02-29",
                           "2024-01-01T",
                           "2024-01-01T24:00:00",
                           "2024-01-01T10",
                           "2024-01-01T10:60",
                           "2024-01-01T10:00:60",
                           "2024-01-01T10:00:00.",
                           "2024-01-01T10:00:00+",
                           "2024-01-01T10:00:00+2",
                           "2024-01-01T10:00:00+24:00",
                           "2024-01-01T10:00:00+02:60",
                           "2024-01-01T10:00:00Zx",
                           "2024-01-01T10:00:00 Europe/Berlin",
                           "2024-01-01Z",
                           "2024-01-01x10:00:00",
                           "+2024-01-01",
                           "-2024-01-01",
                           "20240101",
                           "1704060000",
                           "2024-01-01T10:00:00+02:000"})
    EXPECT_EQ(parse_instant(text), std::nullopt) << text;
}

}  // namespace
}  // namespace magnetite::query::sql
