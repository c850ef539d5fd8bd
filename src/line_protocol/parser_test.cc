#include "line_protocol/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "line_protocol/testing/cases.h"
#include "line_protocol/testing/describe.h"

namespace magnetite::line_protocol {
namespace {

std::string parsed(std::string_view text, const ParseOptions& options) {
  Batch batch;
  parse(text, options, batch);
  return describe(batch);
}

std::string parsed(std::string_view text, Precision precision = Precision::kNanoseconds) {
  return parsed(text, {.precision = precision, .default_time_nanos = kCaseTime});
}

Batch batch_of(std::string_view text, const ParseOptions& options = {}) {
  Batch batch;
  parse(text, options, batch);
  return batch;
}

TEST(LineProtocol, EveryFormOfTheFormatHasItsOutcome) {
  for (const Case& example : kCases) EXPECT_EQ(parsed(example.text), example.outcome) << example.text;
}

TEST(LineProtocol, BadLinesDoNotHinderTheOthers) {
  EXPECT_EQ(parsed("m x=1i 1\nm x=1i,y=nope 2\n\n  m x=99999999999999999999i 3\nm x=1i 4\n"),
            "m|x=1i|1\nm|x=1i|4\n"
            "!2:10 'nope' is neither a number, a boolean nor a quoted string\n"
            "!4:7 integer value 99999999999999999999 is out of range for int64\n");
}

TEST(LineProtocol, AnErrorShowsTheStartOfItsLine) {
  EXPECT_EQ(batch_of("m x=1i 1\n  m x=nope 2\r\n").errors.at(0).original, "m x=nope 2\r");
  // Cut between characters, and safe to put into JSON.
  std::string line = "mm x=";
  while (line.size() < 2 * kErrorLineBytesMax) line += "\u00fc";
  const std::string original = batch_of(line).errors.at(0).original;
  EXPECT_EQ(original, line.substr(0, kErrorLineBytesMax - 1));
  EXPECT_EQ(batch_of("m\xff x=1i,y").errors.at(0).original, "m? x=1i,y");
}

TEST(LineProtocol, ALineKnowsItsPlaceInTheText) {
  const std::string_view text = "# c\n  cpu,host=a\\ b u=1i,s=\"x\ny\"  1700000000000000000  \r\nmem x=1 5\nmem x=1";
  const Batch batch = batch_of(text, {.default_time_nanos = 9});
  ASSERT_EQ(batch.lines.size(), 3u);
  const Line& first = batch.lines[0];
  EXPECT_EQ(first.number, 2u);
  EXPECT_EQ(first.series.in(text), "cpu,host=a\\ b");
  EXPECT_EQ(first.measurement_bytes, 3u);
  EXPECT_TRUE(first.series_escaped);
  EXPECT_EQ(first.text.in(text), "cpu,host=a\\ b u=1i,s=\"x\ny\"  1700000000000000000");
  EXPECT_EQ(text.substr(first.series.offset, first.fields_end - first.series.offset), "cpu,host=a\\ b u=1i,s=\"x\ny\"");
  EXPECT_TRUE(first.has_timestamp && first.timestamp_is_nanos);
  EXPECT_EQ(batch.lines[1].number, 4u);
  EXPECT_FALSE(batch.lines[1].series_escaped);
  EXPECT_EQ(batch.lines[2].number, 5u);
  EXPECT_EQ(batch.lines[2].timestamp, 9);
  EXPECT_FALSE(batch.lines[2].has_timestamp);
}

TEST(LineProtocol, PrecisionsScaleToNanoseconds) {
  EXPECT_EQ(parsed("m x=1i 5", Precision::kNanoseconds), "m|x=1i|5\n");
  EXPECT_EQ(parsed("m x=1i 5", Precision::kMicroseconds), "m|x=1i|5000\n");
  EXPECT_EQ(parsed("m x=1i 5", Precision::kMilliseconds), "m|x=1i|5000000\n");
  EXPECT_EQ(parsed("m x=1i -5", Precision::kSeconds), "m|x=1i|-5000000000\n");
  EXPECT_EQ(parsed("m x=1i 2", Precision::kMinutes), "m|x=1i|120000000000\n");
  EXPECT_EQ(parsed("m x=1i 1", Precision::kHours), "m|x=1i|3600000000000\n");
}

TEST(LineProtocol, TimesThatDoNotFitIntoNanosecondsAreRefused) {
  EXPECT_EQ(parsed("m x=1i 9223372036\nm x=1i -9223372036", Precision::kSeconds),
            "m|x=1i|9223372036000000000\nm|x=1i|-9223372036000000000\n");
  for (const Precision precision : {Precision::kMicroseconds, Precision::kMilliseconds, Precision::kSeconds,
                                    Precision::kMinutes, Precision::kHours})
    EXPECT_EQ(parsed("m x=1i 9223372036854776", precision),
              "!1:8 timestamp 9223372036854776 does not fit into 64-bit nanoseconds\n");
  EXPECT_EQ(parsed("m x=1i -9223372037", Precision::kSeconds),
            "!1:8 timestamp -9223372037 does not fit into 64-bit nanoseconds\n");
}

TEST(LineProtocol, AutoPrecisionGoesByMagnitude) {
  EXPECT_EQ(parsed("m x=1i 4999999999\nm x=1i 5000000000\nm x=1i 4999999999999\nm x=1i 5000000000000\n"
                   "m x=1i 4999999999999999\nm x=1i 5000000000000000\nm x=1i 0\nm x=1i -4999999999\n"
                   "m x=1i -5000000000\nm x=1i -9223372036854775808",
                   Precision::kAuto),
            "m|x=1i|4999999999000000000\nm|x=1i|5000000000000000\nm|x=1i|4999999999999000000\nm|x=1i|5000000000000000\n"
            "m|x=1i|4999999999999999000\nm|x=1i|5000000000000000\nm|x=1i|0\nm|x=1i|-4999999999000000000\n"
            "m|x=1i|-5000000000000000\nm|x=1i|-9223372036854775808\n");
}

TEST(LineProtocol, TheDefaultTimeIsCutToThePrecision) {
  const auto time_at = [](int64_t now, Precision precision) {
    return batch_of("m x=1i", {.precision = precision, .default_time_nanos = now}).lines.at(0).timestamp;
  };
  constexpr int64_t kNow = 1'700'000'000'123'456'789;
  EXPECT_EQ(time_at(kNow, Precision::kAuto), kNow);
  EXPECT_EQ(time_at(kNow, Precision::kNanoseconds), kNow);
  EXPECT_EQ(time_at(kNow, Precision::kMicroseconds), 1'700'000'000'123'456'000);
  EXPECT_EQ(time_at(kNow, Precision::kMilliseconds), 1'700'000'000'123'000'000);
  EXPECT_EQ(time_at(kNow, Precision::kSeconds), 1'700'000'000'000'000'000);
  EXPECT_EQ(time_at(kNow, Precision::kMinutes), 1'699'999'980'000'000'000);
  EXPECT_EQ(time_at(kNow, Precision::kHours), 1'699'999'200'000'000'000);
  EXPECT_EQ(time_at(-1, Precision::kSeconds), -1'000'000'000);
}

TEST(LineProtocol, OnlyDigitsThatAreTheStoredTimeCountAsNanoseconds) {
  EXPECT_TRUE(batch_of("m x=1i 5").lines.at(0).timestamp_is_nanos);
  EXPECT_FALSE(batch_of("m x=1i 5", {.precision = Precision::kSeconds}).lines.at(0).timestamp_is_nanos);
  EXPECT_FALSE(batch_of("m x=1i 5", {.precision = Precision::kAuto}).lines.at(0).timestamp_is_nanos);
  EXPECT_TRUE(batch_of("m x=1i 1700000000000000000", {.precision = Precision::kAuto}).lines.at(0).timestamp_is_nanos);
  EXPECT_FALSE(batch_of("m x=1i").lines.at(0).timestamp_is_nanos);
}

TEST(LineProtocol, PrecisionWordsOfAllApisAreKnown) {
  for (const char* word : {"ns", "n", "nanosecond"}) EXPECT_EQ(*parse_precision(word), Precision::kNanoseconds);
  for (const char* word : {"us", "u", "\u00b5", "microsecond"})
    EXPECT_EQ(*parse_precision(word), Precision::kMicroseconds);
  for (const char* word : {"ms", "millisecond"}) EXPECT_EQ(*parse_precision(word), Precision::kMilliseconds);
  for (const char* word : {"s", "second"}) EXPECT_EQ(*parse_precision(word), Precision::kSeconds);
  EXPECT_EQ(*parse_precision("m"), Precision::kMinutes);
  EXPECT_EQ(*parse_precision("h"), Precision::kHours);
  EXPECT_EQ(*parse_precision("auto"), Precision::kAuto);
  for (const char* word : {"", "S", "minute", "d"}) EXPECT_FALSE(parse_precision(word)) << word;
  EXPECT_THAT(parse_precision("d").error().message(), testing::HasSubstr("millisecond"));
}

TEST(LineProtocol, LongKeysAndLinesAreRefused) {
  const ParseOptions options{.key_bytes_max = 10, .line_bytes_max = 60};
  const std::string pad = "\nm p=\"" + std::string(40, 'p') + "\"\nm p=\"" + std::string(40, 'p') + '"';
  const auto errors = [&](const std::string& line) {
    const Batch batch = batch_of(line + pad, options);
    EXPECT_EQ(batch.lines.size() + batch.errors.size(), 3u);
    return batch.errors.empty() ? "" : fmt::format("{} {}", batch.errors[0].column, batch.errors[0].message);
  };
  EXPECT_EQ(errors("abcdefghij klmnopqrst=1i 1"), "");
  EXPECT_EQ(errors("m abcdefghijk=1i 1"), "3 a field key has more than 10 bytes");
  EXPECT_EQ(errors("abcdefghijk x=1i 1"), "1 the measurement has more than 10 bytes");
  EXPECT_EQ(errors("m x=\"" + std::string(52, 'a') + "\" 1"), "");
  EXPECT_EQ(errors("m x=\"" + std::string(53, 'a') + "\" 1"), "1 the line has more than 60 bytes");
  // What stands in the string of a refused line never becomes a line of its own.
  EXPECT_EQ(errors("m x=\"" + std::string(53, 'a') + "\nevil x=1i\n\" 1"), "1 the line has more than 60 bytes");
}

TEST(LineProtocol, ErrorsAreCountedBeyondTheKeptOnes) {
  const Batch batch = batch_of("a\nb\nc\nd x=1\n", {.errors_max = 2});
  EXPECT_EQ(batch.errors.size(), 2u);
  EXPECT_EQ(batch.errors_total, 3u);
  EXPECT_EQ(batch.lines.size(), 1u);
}

TEST(LineProtocol, ABatchCanBeUsedAgain) {
  Batch batch;
  parse("a x=1\nb\n", {}, batch);
  parse("c x=1i 5", {}, batch);
  EXPECT_EQ(describe(batch), "c|x=1i|5\n");
  EXPECT_EQ(batch.errors_total, 0u);
}

}  // namespace
}  // namespace magnetite::line_protocol
