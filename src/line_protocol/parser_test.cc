#include "line_protocol/parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "line_protocol/series_name.h"

namespace magnetite::line_protocol {
namespace {

constexpr int64_t kNow = 1'700'000'000'123'456'789;

std::string value_text(const Batch& batch, const Field& field) {
  switch (field.type) {
    case FieldType::kFloat:
      return std::to_string(field.float_value);
    case FieldType::kInteger:
      return std::to_string(field.integer_value) + "i";
    case FieldType::kUnsigned:
      return std::to_string(field.unsigned_value) + "u";
    case FieldType::kBoolean:
      return field.boolean_value ? "true" : "false";
    case FieldType::kString:
      break;
  }
  std::string text;
  append_unescaped(field.string_value.in(batch.text), Escapes::kString, text);
  return '"' + text + '"';
}

// "series|key=value;key=value|timestamp" per line, "!line:column reason" per error.
std::string describe(const Batch& batch) {
  std::string out;
  for (const Line& line : batch.lines) {
    out += line.series.in(batch.text);
    for (uint32_t i = 0; i < line.field_count; ++i) {
      const Field& field = batch.fields[line.field_first + i];
      std::string key;
      append_unescaped(field.key.in(batch.text), Escapes::kKey, key);
      out += (i == 0 ? '|' : ';') + key + '=' + value_text(batch, field);
    }
    out += '|' + std::to_string(line.timestamp) + '\n';
  }
  for (const LineError& error : batch.errors)
    out += '!' + std::to_string(error.line_number) + ':' + std::to_string(error.column) + ' ' + error.message + '\n';
  return out;
}

std::string parsed(std::string_view text, Precision precision = Precision::kNanoseconds) {
  ParseOptions options;
  options.precision = precision;
  options.default_time_nanos = kNow;
  Batch vector, scalar;
  parse(text, options, vector);
  parse_scalar(text, options, scalar);
  EXPECT_EQ(describe(vector), describe(scalar)) << text;
  return describe(vector);
}

// Parsing and splitting together: what a whole line is worth.
bool accepted(std::string_view text) {
  Batch batch;
  parse(text, {}, batch);
  if (batch.lines.size() != 1 || !batch.errors.empty()) return false;
  return split_series(batch.lines[0].series.in(text), 64 * 1024).has_value();
}

TEST(LineProtocol, AcceptsBlanksAroundTheTimestamp) {
  EXPECT_EQ(parsed("m x=1 5 "), "m|x=1.000000|5\n");
  EXPECT_EQ(parsed("  m  a=1i  5  "), "m|a=1i|5\n");
  EXPECT_EQ(parsed("m x=1 "), "m|x=1.000000|" + std::to_string(kNow) + "\n");
}

TEST(LineProtocol, AcceptsWindowsLineEnds) {
  EXPECT_EQ(parsed("m x=1 5\r\n\r\nn y=2i\r\nz q=t 1\r"),
            "m|x=1.000000|5\nn|y=2i|" + std::to_string(kNow) + "\nz|q=true|1\n");
}

TEST(LineProtocol, StringsMaySpanLines) { EXPECT_EQ(parsed("m x=\"a\nb\" 5\nn y=1i 6"), "m|x=\"a\nb\"|5\nn|y=1i|6\n"); }

TEST(LineProtocol, AnUnclosedStringEndsAtItsLine) {
  EXPECT_EQ(parsed("m x=\"abc 5\nn y=1i 6"), "n|y=1i|6\n!1:5 a string is not closed\n");
}

TEST(LineProtocol, CommentsAreSkippedAndNeverSwallowLines) {
  EXPECT_EQ(parsed("#c x=\"\nm x=1i 5\n  # d\nn y=1i 6\n#"), "m|x=1i|5\nn|y=1i|6\n");
}

TEST(LineProtocol, EmptyPayloadsHoldNothing) {
  for (const char* text : {"", "\n\n", "  \n\t\n", "# only\n# comments"}) EXPECT_EQ(parsed(text), "") << text;
}

TEST(LineProtocol, EscapesInEveryPlace) {
  EXPECT_EQ(parsed("m\\,1,t\\=1=a\\ b f\\ 1=1i 7"), "m\\,1,t\\=1=a\\ b|f 1=1i|7\n");
  const auto name = split_series("m\\,1,t\\=1=a\\ b", 100);
  ASSERT_TRUE(name);
  EXPECT_EQ(name->measurement, "m,1");
  EXPECT_EQ(name->tags, (std::vector<Tag>{{"t=1", "a b"}}));
  EXPECT_EQ(parsed(R"(m x="",y="\\",z="a\b",q="\"" 1)"), "m|x=\"\";y=\"\\\";z=\"a\\b\";q=\"\"\"|1\n");
}

TEST(LineProtocol, UnescapedEqualsBelongsToATagValue) {
  const auto name = split_series("m,a=b=c", 100);
  ASSERT_TRUE(name);
  EXPECT_EQ(name->tags, (std::vector<Tag>{{"a", "b=c"}}));
}

TEST(LineProtocol, RefusesWhatIsNotALine) {
  for (const char* text : {"m\tx=1",
                           "m,a= x=1",
                           "m,=b x=1",
                           ",a=b x=1",
                           "m",
                           "m ",
                           "m x=1 5 6",
                           "m x=1  y=2",
                           "m x= 5",
                           "m =1 5",
                           "\"m n\" x=1",
                           "m,a=1,a=2 x=1",
                           "m,time=1 x=1",
                           "m time=1i",
                           "m x=.5",
                           "m x=5.",
                           "m x=+5",
                           "m x=NaN",
                           "m x=inf",
                           "m x=1.5i",
                           "m x=-1u",
                           "m x=tr",
                           "m x=truex",
                           "m x=0x10",
                           "m x=1_000",
                           "foo\\\\ x=1",
                           "m x=1 12a",
                           "m x=1,",
                           "m,a x=1",
                           "m x=\"a\"b 1",
                           "m x=1e999",
                           "m x=9223372036854775808i",
                           "m x=18446744073709551616u",
                           "m x=1 9223372036854775808",
                           "m x=1 -",
                           "m x=-",
                           "m x=--1",
                           "m x=1e",
                           "m x=1.e5",
                           "m \xff=1",
                           "m,t=\xc0\x80 x=1"})
    EXPECT_FALSE(accepted(text)) << text;
}

TEST(LineProtocol, AcceptsEveryFormOfAValue) {
  for (const char* value : {"1",
                            "-1",
                            "1.5",
                            "-1.5",
                            "1e5",
                            "-1e5",
                            "1E5",
                            "1e+5",
                            "1e-5",
                            "-1.5e-10",
                            "0",
                            "-0",
                            "1i",
                            "-1i",
                            "9223372036854775807i",
                            "-9223372036854775808i",
                            "0u",
                            "18446744073709551615u",
                            "t",
                            "T",
                            "true",
                            "True",
                            "TRUE",
                            "f",
                            "F",
                            "false",
                            "False",
                            "FALSE",
                            "\"\"",
                            "\"a b,c=d\"",
                            "1.7976931348623157e308"})
    EXPECT_TRUE(accepted(std::string("m x=") + value)) << value;
}

TEST(LineProtocol, ErrorsNameLineColumnAndReason) {
  EXPECT_EQ(parsed("m x=1i 1\nm x=1i,y=nope 2\n\n  m x=99999999999999999999i 3\nm x=1i 4\n"),
            "m|x=1i|1\nm|x=1i|4\n"
            "!2:10 'nope' is neither a number, a boolean nor a quoted string\n"
            "!4:7 integer value 99999999999999999999 is out of range for int64\n");
}

TEST(LineProtocol, LineNumbersCountThroughStringsAndErrors) {
  EXPECT_EQ(parsed("m x=\"a\nb\nc\" 1\nbad\nm x=1i 2"),
            "m|x=\"a\nb\nc\"|1\nm|x=1i|2\n!4:4 no fields: a space must follow measurement and tags\n");
}

TEST(LineProtocol, PrecisionsScaleToNanoseconds) {
  EXPECT_EQ(parsed("m x=1i 5", Precision::kMicroseconds), "m|x=1i|5000\n");
  EXPECT_EQ(parsed("m x=1i 5", Precision::kMilliseconds), "m|x=1i|5000000\n");
  EXPECT_EQ(parsed("m x=1i -5", Precision::kSeconds), "m|x=1i|-5000000000\n");
  EXPECT_EQ(parsed("m x=1i 2", Precision::kMinutes), "m|x=1i|120000000000\n");
  EXPECT_EQ(parsed("m x=1i 1", Precision::kHours), "m|x=1i|3600000000000\n");
  EXPECT_EQ(parsed("m x=1i", Precision::kSeconds), "m|x=1i|1700000000000000000\n");
}

TEST(LineProtocol, AutoPrecisionGoesByMagnitude) {
  EXPECT_EQ(parsed("m x=1i 1700000000", Precision::kAuto), "m|x=1i|1700000000000000000\n");
  EXPECT_EQ(parsed("m x=1i 1700000000000", Precision::kAuto), "m|x=1i|1700000000000000000\n");
  EXPECT_EQ(parsed("m x=1i 1700000000000000", Precision::kAuto), "m|x=1i|1700000000000000000\n");
  EXPECT_EQ(parsed("m x=1i 1700000000000000000", Precision::kAuto), "m|x=1i|1700000000000000000\n");
}

TEST(LineProtocol, TimestampsReachBothEndsOfInt64) {
  EXPECT_EQ(parsed("m x=1i 9223372036854775807\nm x=1i -9223372036854775808"),
            "m|x=1i|9223372036854775807\nm|x=1i|-9223372036854775808\n");
  EXPECT_EQ(parsed("m x=1i 9223372036854775807", Precision::kSeconds),
            "!1:8 timestamp 9223372036854775807 does not fit into 64-bit nanoseconds\n");
}

TEST(LineProtocol, UnicodeIsFineAndBrokenUnicodeIsNot) {
  EXPECT_EQ(parsed("wärme,ort=köln °C=\"ü\" 1"), "wärme,ort=köln|°C=\"ü\"|1\n");
  EXPECT_EQ(parsed("m x=\"\xc3\x28\" 1\nm x=1i 2"), "m|x=1i|2\n!1:6 invalid UTF-8\n");
}

TEST(LineProtocol, LongKeysAndLinesAreRefused) {
  ParseOptions options;
  options.key_bytes_max = 10;
  options.line_bytes_max = 60;
  Batch batch;
  const std::string text =
      "m abcdefghijk=1i 1\nabcdefghijk x=1i 1\nm x=\"" + std::string(70, 'a') + "\" 1\nm abcdefghij=1i 1";
  parse(text, options, batch);
  EXPECT_EQ(batch.lines.size(), 1u);
  EXPECT_EQ(batch.errors_total, 3u);
}

TEST(LineProtocol, ErrorsAreCountedBeyondTheKeptOnes) {
  ParseOptions options;
  options.errors_max = 2;
  Batch batch;
  parse("a\nb\nc\nd x=1\n", options, batch);
  EXPECT_EQ(batch.errors.size(), 2u);
  EXPECT_EQ(batch.errors_total, 3u);
  EXPECT_EQ(batch.lines.size(), 1u);
}

TEST(LineProtocol, VectorAndScalarAgreeOnMutatedText) {
  std::mt19937_64 random(11);
  const std::string seeds[] = {"cpu,host=a,region=b usage=1i,idle=2.5,s=\"x y\\\"z\" 1700000000000000000\n", "#c\n",
                               "\r\n", "m\\ x,t\\,=v\\\\ f=t,g=\"multi\nline\" 5\n", "ü,é=ö ä=1u -7\n"};
  const char alphabet[] = " ,=\"\\\n\r\t#ait1.-e\xc3";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    while (text.size() < random() % 300) text += seeds[random() % std::size(seeds)];
    for (size_t i = random() % 6; i > 0 && !text.empty(); --i)
      text[random() % text.size()] = alphabet[random() % (sizeof(alphabet) - 1)];
    parsed(text);
  }
}

TEST(LineProtocol, PositionInABlockDoesNotMatter) {
  for (size_t shift = 0; shift < 130; ++shift) {
    const std::string text =
        "p v=\"" + std::string(shift, 'x') + "\" 1\nm,a=b\\ c,d=e x=1i,s=\"q\\\\\" 2\nbad\nn y=2i 3";
    EXPECT_EQ(parsed(text), "p|v=\"" + std::string(shift, 'x') +
                                "\"|1\nm,a=b\\ c,d=e|x=1i;s=\"q\\\"|2\nn|y=2i|3\n!3:4 no fields: a space must follow "
                                "measurement and tags\n");
  }
}

TEST(SeriesName, EveryTagOrderIsTheSameSeries) {
  const auto a = split_series("m,b=2,a=1,c=3", 100);
  const auto b = split_series("m,c=3,b=2,a=1", 100);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->tags, b->tags);
  EXPECT_EQ(canonical_text(*a), "m,a=1,b=2,c=3");
}

TEST(SeriesName, CanonicalTextSplitsBackIntoTheSameName) {
  std::mt19937_64 random(3);
  const char alphabet[] = "ab,= \\\n\"";
  const auto token = [&] {
    std::string text;
    for (size_t i = 0; i < 1 + random() % 5; ++i) text += alphabet[random() % (sizeof(alphabet) - 1)];
    return text + 'z';  // a token cannot end in a backslash
  };
  for (int round = 0; round < 2000; ++round) {
    SeriesName name{token(), {}};
    for (size_t i = 0; i < random() % 4; ++i) name.tags.push_back({std::to_string(i) + token(), token()});
    std::ranges::sort(name.tags);
    const auto back = split_series(canonical_text(name), 1000);
    ASSERT_TRUE(back) << canonical_text(name);
    EXPECT_EQ(back->measurement, name.measurement);
    EXPECT_EQ(back->tags, name.tags);
  }
}

}  // namespace
}  // namespace magnetite::line_protocol
