#include "result_format/result_format.h"

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include <limits>

#include "result_format/cell_text.h"

namespace magnetite::result_format {
namespace {

std::shared_ptr<arrow::RecordBatch> sample() {
  arrow::StringBuilder host;
  arrow::DoubleBuilder value;
  arrow::Int64Builder count;
  arrow::BooleanBuilder flag;
  arrow::TimestampBuilder time(arrow::timestamp(arrow::TimeUnit::NANO), arrow::default_memory_pool());
  (void)host.Append("a,\"b\"");
  (void)host.AppendNull();
  (void)value.Append(21.0);
  (void)value.Append(std::numeric_limits<double>::quiet_NaN());
  (void)count.Append(std::numeric_limits<int64_t>::min());
  (void)count.AppendNull();
  (void)flag.Append(true);
  (void)flag.Append(false);
  (void)time.Append(1'617'286'224'000'000'000);
  (void)time.Append(-1);
  const auto schema = arrow::schema({arrow::field("host", arrow::utf8()), arrow::field("value", arrow::float64()),
                                     arrow::field("count", arrow::int64()), arrow::field("flag", arrow::boolean()),
                                     arrow::field("time", arrow::timestamp(arrow::TimeUnit::NANO))});
  return arrow::RecordBatch::Make(schema, 2,
                                  arrow::ArrayVector{*host.Finish(), *value.Finish(), *count.Finish(), *flag.Finish(),
                                                     *time.Finish()});
}

std::string written(Format format, bool with_rows = true) {
  const auto batch = sample();
  const auto writer = Writer::make(format, batch->schema());
  std::string out;
  EXPECT_TRUE(writer->begin(out));
  EXPECT_TRUE(!with_rows || writer->add(*batch, out));
  EXPECT_TRUE(writer->end(out));
  return out;
}

TEST(ResultFormat, JsonOmitsNullsAndKeepsIntegersExact) {
  EXPECT_EQ(written(Format::kJson),
            R"([{"host":"a,\"b\"","value":21.0,"count":-9223372036854775808,"flag":true,"time":"2021-04-01T14:10:24"},)"
            R"({"value":null,"flag":false,"time":"1969-12-31T23:59:59.999999999"}])");
  EXPECT_EQ(written(Format::kJson, false), "[]");
}

TEST(ResultFormat, JsonLinesHoldOneObjectEach) {
  EXPECT_EQ(written(Format::kJsonLines),
            "{\"host\":\"a,\\\"b\\\"\",\"value\":21.0,\"count\":-9223372036854775808,\"flag\":true,"
            "\"time\":\"2021-04-01T14:10:24\"}\n"
            "{\"value\":null,\"flag\":false,\"time\":\"1969-12-31T23:59:59.999999999\"}\n");
  EXPECT_EQ(written(Format::kJsonLines, false), "");
}

TEST(ResultFormat, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(written(Format::kCsv),
            "host,value,count,flag,time\n"
            "\"a,\"\"b\"\"\",21.0,-9223372036854775808,true,2021-04-01T14:10:24\n"
            ",nan,,false,1969-12-31T23:59:59.999999999\n");
  EXPECT_EQ(written(Format::kCsv, false), "");
}

TEST(ResultFormat, PrettyLinesUpItsColumns) {
  EXPECT_EQ(written(Format::kPretty),
            "+-------+-------+----------------------+-------+-------------------------------+\n"
            "| host  | value | count                | flag  | time                          |\n"
            "+-------+-------+----------------------+-------+-------------------------------+\n"
            "| a,\"b\" | 21.0  | -9223372036854775808 | true  | 2021-04-01T14:10:24           |\n"
            "|       | nan   |                      | false | 1969-12-31T23:59:59.999999999 |\n"
            "+-------+-------+----------------------+-------+-------------------------------+\n");
  EXPECT_EQ(written(Format::kPretty, false), "++\n||\n++\n++\n");
}

TEST(ResultFormat, TimesReachBothEnds) {
  std::string text;
  append_time(std::numeric_limits<int64_t>::min(), text);
  EXPECT_EQ(text, "1677-09-21T00:12:43.145224192");
  text.clear();
  append_time(1'500'000'000, text);
  EXPECT_EQ(text, "1970-01-01T00:00:01.500");
}

TEST(ResultFormat, UnknownFormatsAreNamed) {
  EXPECT_EQ(parse_format("JSON").value(), Format::kJson);
  EXPECT_FALSE(parse_format("xml"));
}

}  // namespace
}  // namespace magnetite::result_format
