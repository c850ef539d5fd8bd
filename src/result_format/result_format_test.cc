#include "result_format/result_format.h"

#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>

#include <limits>
#include <random>

namespace magnetite::result_format {
namespace {

using arrow::TimeUnit;

struct NamedColumn {
  std::string name;
  std::shared_ptr<arrow::Array> values;
};

std::shared_ptr<arrow::RecordBatch> batch_of(const std::vector<NamedColumn>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, values] : columns) {
    fields.push_back(arrow::field(name, values->type()));
    arrays.push_back(values);
  }
  const int64_t rows = arrays.empty() ? 0 : arrays.front()->length();
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows, std::move(arrays));
}

template <class Value, class Builder>
std::shared_ptr<arrow::Array> array_of(Builder builder, const std::vector<std::optional<Value>>& values) {
  for (const auto& value : values) EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  return *builder.Finish();
}
std::shared_ptr<arrow::Array> texts(const std::vector<std::optional<std::string>>& values) {
  return array_of<std::string>(arrow::StringBuilder(), values);
}
std::shared_ptr<arrow::Array> floats(const std::vector<std::optional<double>>& values) {
  return array_of<double>(arrow::DoubleBuilder(), values);
}
std::shared_ptr<arrow::Array> integers(const std::vector<std::optional<int64_t>>& values) {
  return array_of<int64_t>(arrow::Int64Builder(), values);
}
std::shared_ptr<arrow::Array> times(const std::vector<std::optional<int64_t>>& values,
                                    TimeUnit::type unit = TimeUnit::NANO) {
  return array_of<int64_t>(arrow::TimestampBuilder(arrow::timestamp(unit), arrow::default_memory_pool()), values);
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::shared_ptr<arrow::RecordBatch> sample() {
  return batch_of({{"host", texts({"a,\"b\"", std::nullopt})},
                   {"value", floats({21.0, kNan})},
                   {"count", integers({std::numeric_limits<int64_t>::min(), std::nullopt})},
                   {"flag", array_of<bool>(arrow::BooleanBuilder(), {true, false})},
                   {"time", times({1'617'286'224'000'000'000, -1})}});
}

std::string written(Format format, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                    const std::shared_ptr<arrow::Schema>& schema = sample()->schema()) {
  const auto writer = Writer::make(format, batches.empty() ? schema : batches.front()->schema());
  std::string out;
  EXPECT_TRUE(writer->begin(out));
  for (const auto& batch : batches) EXPECT_TRUE(writer->add(*batch, out));
  EXPECT_TRUE(writer->end(out));
  return out;
}

// The cells of one column as csv writes them.
std::string csv_cells(std::shared_ptr<arrow::Array> values) {
  const std::string text = written(Format::kCsv, {batch_of({{"c", std::move(values)}})});
  EXPECT_TRUE(text.starts_with("c\n"));
  return text.substr(2);
}
std::string json_cells(std::shared_ptr<arrow::Array> values) {
  return written(Format::kJsonLines, {batch_of({{"c", std::move(values)}})});
}

TEST(ResultFormat, JsonOmitsNullsAndKeepsIntegersExact) {
  EXPECT_EQ(written(Format::kJson, {sample()}),
            R"([{"host":"a,\"b\"","value":21.0,"count":-9223372036854775808,"flag":true,"time":"2021-04-01T14:10:24"},)"
            R"({"value":null,"flag":false,"time":"1969-12-31T23:59:59.999999999"}])");
  EXPECT_EQ(written(Format::kJson, {}), "[]");
}

TEST(ResultFormat, JsonEscapesWhereverTheCharacterIs) {
  // Copies go by words, so every length and place is its own case.
  for (size_t length = 1; length <= 40; ++length) {
    for (size_t place = 0; place < length; ++place) {
      for (const auto& [raw, escaped] : {std::pair('"', R"(\")"), std::pair('\\', R"(\\)"), std::pair('\n', R"(\n)")}) {
        std::string text(length, '\xc3');
        text[place] = raw;
        std::string expected(length, '\xc3');
        expected.replace(place, 1, escaped);
        EXPECT_EQ(json_cells(texts({text})), "{\"c\":\"" + expected + "\"}\n");
      }
    }
    const std::string plain(length, '!');
    EXPECT_EQ(json_cells(texts({plain})), "{\"c\":\"" + plain + "\"}\n");
  }
}

TEST(ResultFormat, JsonOfARowOfNullsIsAnEmptyObject) {
  const auto batch = batch_of({{"a", integers({std::nullopt, std::nullopt})}, {"b", integers({std::nullopt, 2})}});
  EXPECT_EQ(written(Format::kJson, {batch}), R"([{},{"b":2}])");
}

TEST(ResultFormat, JsonRowsOfSeveralBatchesAreOneArray) {
  const auto batch = batch_of({{"a", integers({1})}});
  EXPECT_EQ(written(Format::kJson, {batch, batch, batch}), R"([{"a":1},{"a":1},{"a":1}])");
}

TEST(ResultFormat, JsonLinesHoldOneObjectEach) {
  EXPECT_EQ(written(Format::kJsonLines, {sample()}),
            "{\"host\":\"a,\\\"b\\\"\",\"value\":21.0,\"count\":-9223372036854775808,\"flag\":true,"
            "\"time\":\"2021-04-01T14:10:24\"}\n"
            "{\"value\":null,\"flag\":false,\"time\":\"1969-12-31T23:59:59.999999999\"}\n");
  EXPECT_EQ(written(Format::kJsonLines, {}), "");
}

TEST(ResultFormat, JsonEscapesWhatMustBeEscapedAtEveryPlaceOfAText) {
  for (size_t before = 0; before < 20; ++before) {
    const std::string x(before, 'x');
    EXPECT_EQ(json_cells(texts({x + "\""})), "{\"c\":\"" + x + "\\\"\"}\n");
    EXPECT_EQ(json_cells(texts({x + "\\y"})), "{\"c\":\"" + x + "\\\\y\"}\n");
    EXPECT_EQ(json_cells(texts({x + "\n"})), "{\"c\":\"" + x + "\\n\"}\n");
    EXPECT_EQ(json_cells(texts({x + "\x1f"})), "{\"c\":\"" + x + "\\u001F\"}\n");
    EXPECT_EQ(json_cells(texts({x + std::string(1, '\0')})), "{\"c\":\"" + x + "\\u0000\"}\n");
    EXPECT_EQ(json_cells(texts({x + "é €\x7f 𝄞 !#[]"})), "{\"c\":\"" + x + "é €\x7f 𝄞 !#[]\"}\n");
  }
}

TEST(ResultFormat, JsonEscapesNamesOfColumns) {
  EXPECT_EQ(written(Format::kJson, {batch_of({{"a\"b\n", integers({1})}})}), R"([{"a\"b\n":1}])");
}

TEST(ResultFormat, JsonOfLongEscapedTextsLosesNothing) {
  const std::string quotes(10'000, '"');
  std::string escaped;
  for (size_t i = 0; i < quotes.size(); ++i) escaped += "\\\"";
  const auto batch = batch_of({{"a", texts({quotes, quotes})}, {"b", integers({1, 2})}, {"c", texts({"x", quotes})}});
  EXPECT_EQ(written(Format::kJson, {batch}),
            "[{\"a\":\"" + escaped + R"(","b":1,"c":"x"},{"a":")" + escaped + R"(","b":2,"c":")" + escaped + "\"}]");
}

// Rows often repeat the texts of the row above; a batch must read as its rows do one by one.
TEST(ResultFormat, JsonOfABatchIsTheJsonOfItsRows) {
  std::mt19937 dice(7);
  const auto column = [&](size_t rows) {
    std::vector<std::optional<std::string>> values;
    std::optional<std::string> value;
    for (size_t row = 0; row < rows; ++row) {
      if (dice() % 3 == 0) {
        value.reset();
        if (dice() % 4 != 0) value = std::string(dice() % 20, "ab\"\n"[dice() % 4]);
      }
      values.push_back(value);
    }
    return texts(values);
  };
  for (int round = 0; round < 50; ++round) {
    const size_t rows = 1 + dice() % 40;
    std::vector<NamedColumn> columns;
    for (char name = 'a'; name < 'h'; ++name)
      columns.push_back({std::string(1, name),
                         name == 'd' ? integers(std::vector<std::optional<int64_t>>(rows, round)) : column(rows)});
    const auto batch = batch_of(columns);
    std::vector<std::shared_ptr<arrow::RecordBatch>> one_by_one;
    for (int64_t row = 0; row < batch->num_rows(); ++row) one_by_one.push_back(batch->Slice(row, 1));
    EXPECT_EQ(written(Format::kJsonLines, {batch}), written(Format::kJsonLines, one_by_one));
    EXPECT_EQ(written(Format::kJson, {batch}), written(Format::kJson, one_by_one));
  }
}

TEST(ResultFormat, JsonHasNoWordForNanAndInfinities) {
  EXPECT_EQ(json_cells(floats({kNan, kInfinity, -kInfinity})), "{\"c\":null}\n{\"c\":null}\n{\"c\":null}\n");
}

TEST(ResultFormat, JsonOfListsAndOtherTypes) {
  arrow::ListBuilder lists(arrow::default_memory_pool(), std::make_shared<arrow::Int64Builder>());
  auto& items = static_cast<arrow::Int64Builder&>(*lists.value_builder());
  ASSERT_TRUE(lists.Append().ok() && items.Append(1).ok() && items.AppendNull().ok() && lists.Append().ok());
  EXPECT_EQ(json_cells(*lists.Finish()), "{\"c\":[1,null]}\n{\"c\":[]}\n");
  EXPECT_EQ(json_cells(array_of<int32_t>(arrow::Date32Builder(), {18'718})), "{\"c\":\"2021-04-01\"}\n");
  EXPECT_EQ(json_cells(array_of<int8_t>(arrow::Int8Builder(), {-8})), "{\"c\":-8}\n");
  EXPECT_EQ(json_cells(array_of<int32_t>(arrow::Int32Builder(), {std::numeric_limits<int32_t>::min()})),
            "{\"c\":-2147483648}\n");
  EXPECT_EQ(json_cells(array_of<uint64_t>(arrow::UInt64Builder(), {std::numeric_limits<uint64_t>::max()})),
            "{\"c\":18446744073709551615}\n");
}

TEST(ResultFormat, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(written(Format::kCsv, {sample()}),
            "host,value,count,flag,time\n"
            "\"a,\"\"b\"\"\",21.0,-9223372036854775808,true,2021-04-01T14:10:24\n"
            ",NaN,,false,1969-12-31T23:59:59.999999999\n");
  EXPECT_EQ(written(Format::kCsv, {}), "");
  EXPECT_EQ(csv_cells(texts({"", std::nullopt, "a\nb", "c\rd", " e ", "f\"", "é"})),
            "\"\"\n\n\"a\nb\"\n\"c\rd\"\n e \n\"f\"\"\"\né\n");
  EXPECT_EQ(written(Format::kCsv, {batch_of({{"a,b", integers({1})}, {"c", integers({2})}})}), "\"a,b\",c\n1,2\n");
}

TEST(ResultFormat, CsvHasOneHeaderForAllBatches) {
  const auto batch = batch_of({{"a", integers({1, 2})}});
  EXPECT_EQ(written(Format::kCsv, {batch, batch}), "a\n1\n2\n1\n2\n");
}

TEST(ResultFormat, PrettyLinesUpItsColumns) {
  EXPECT_EQ(written(Format::kPretty, {sample()}),
            "+-------+-------+----------------------+-------+-------------------------------+\n"
            "| host  | value | count                | flag  | time                          |\n"
            "+-------+-------+----------------------+-------+-------------------------------+\n"
            "| a,\"b\" | 21.0  | -9223372036854775808 | true  | 2021-04-01T14:10:24           |\n"
            "|       | NaN   |                      | false | 1969-12-31T23:59:59.999999999 |\n"
            "+-------+-------+----------------------+-------+-------------------------------+\n");
  EXPECT_EQ(written(Format::kPretty, {}), "++\n||\n++\n++\n");
}

TEST(ResultFormat, PrettyCountsCharactersAndKeepsARowOnItsLine) {
  EXPECT_EQ(written(Format::kPretty, {batch_of({{"ä", texts({"€uro", "a\nb"})}})}),
            "+------+\n"
            "| ä    |\n"
            "+------+\n"
            "| €uro |\n"
            "| a\\nb |\n"
            "+------+\n");
}

TEST(ResultFormat, FloatsAreTheShortestTextThatReadsBackEqual) {
  EXPECT_EQ(csv_cells(floats({0.1, -0.0, 1e300, 5e-324, 90.0, 123456789012.0, 1.0 / 3, kInfinity, -kInfinity, -kNan})),
            "0.1\n-0.0\n1e+300\n5e-324\n90.0\n123456789012.0\n0.3333333333333333\ninf\n-inf\nNaN\n");
  EXPECT_EQ(csv_cells(array_of<float>(arrow::FloatBuilder(), {0.1F, 2.0F})), "0.1\n2.0\n");
}

TEST(ResultFormat, TimesHaveTheDigitsTheyNeedAndReachBothEnds) {
  EXPECT_EQ(csv_cells(times({0, 1'500'000'000, 1'740'514'774'984'098'000, 1, std::numeric_limits<int64_t>::min(),
                             std::numeric_limits<int64_t>::max()})),
            "1970-01-01T00:00:00\n1970-01-01T00:00:01.500\n2025-02-25T20:19:34.984098\n"
            "1970-01-01T00:00:00.000000001\n1677-09-21T00:12:43.145224192\n2262-04-11T23:47:16.854775807\n");
  EXPECT_EQ(csv_cells(times({-1, 86'399, 951'782'400, 951'868'800}, TimeUnit::SECOND)),
            "1969-12-31T23:59:59\n1970-01-01T23:59:59\n2000-02-29T00:00:00\n2000-03-01T00:00:00\n");
  EXPECT_EQ(csv_cells(times({253'402'300'800'000'001, -62'167'219'200'000'001}, TimeUnit::MICRO)),
            "10000-01-01T00:00:00.000001\n-001-12-31T23:59:59.999999\n");
  EXPECT_EQ(csv_cells(times({std::numeric_limits<int64_t>::max()}, TimeUnit::SECOND)), "292277026596-12-04T15:30:07\n");
  EXPECT_EQ(csv_cells(times({-1}, TimeUnit::MILLI)), "1969-12-31T23:59:59.999\n");
}

TEST(ResultFormat, SlicesOfColumnsShowTheirOwnRows) {
  const auto batch = batch_of({{"a", texts({"x", "y", std::nullopt})},
                               {"b", integers({1, 2, 3})},
                               {"c", array_of<bool>(arrow::BooleanBuilder(), {true, false, true})}})
                         ->Slice(1, 2);
  EXPECT_EQ(written(Format::kJson, {batch}), R"([{"a":"y","b":2,"c":false},{"b":3,"c":true}])");
  EXPECT_EQ(written(Format::kCsv, {batch}), "a,b,c\ny,2,false\n,3,true\n");
}

TEST(ResultFormat, ParquetReadsBackEqualWhateverThePieces) {
  const auto batch = sample();
  const std::string file = written(Format::kParquet, {batch, batch->Slice(1, 1), batch});
  ASSERT_TRUE(file.starts_with("PAR1") && file.ends_with("PAR1"));
  auto reader = parquet::arrow::OpenFile(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(file)),
                                         arrow::default_memory_pool())
                    .ValueOrDie();
  const std::shared_ptr<arrow::Table> table = reader->ReadTable().ValueOrDie();
  const auto expected = arrow::Table::FromRecordBatches({batch, batch->Slice(1, 1), batch}).ValueOrDie();
  ASSERT_TRUE(table->schema()->Equals(*expected->schema())) << table->schema()->ToString();
  for (int i = 0; i < table->num_columns(); ++i) {
    const auto nans_are_equal = arrow::EqualOptions::Defaults().nans_equal(true);
    EXPECT_TRUE(table->column(i)->Equals(*expected->column(i), nans_are_equal)) << table->field(i)->name();
  }
  EXPECT_EQ(written(Format::kParquet, {}), "");
}

TEST(ResultFormat, UnknownFormatsAreNamed) {
  EXPECT_EQ(parse_format("JSON").value(), Format::kJson);
  EXPECT_EQ(parse_format("json_lines").value(), Format::kJsonLines);
  EXPECT_EQ(parse_format("xml").error().code(), ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace magnetite::result_format
