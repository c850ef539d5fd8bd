#include "chunk/image_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "chunk/image.h"
#include "chunk/testing/image_sources.h"

namespace magnetite::chunk {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A table with a column of each type: tag "t" (1), then f i u b s (2 to 6).
std::shared_ptr<const schema::TableSchema> all_types() {
  const std::vector<schema::ColumnWish> wishes{{"t", model::ColumnType::kTag},     {"f", model::ColumnType::kFloat},
                                               {"i", model::ColumnType::kInteger}, {"u", model::ColumnType::kUnsigned},
                                               {"b", model::ColumnType::kBoolean}, {"s", model::ColumnType::kString}};
  return *schema::TableSchema("m").extend(wishes, SIZE_MAX);
}
std::vector<model::ColumnId> all_columns() {
  std::vector<model::ColumnId> columns;
  for (uint32_t id = 0; id <= 6; ++id) columns.push_back(model::ColumnId{id});
  return columns;
}
constexpr model::ColumnId kFloat{2};

template <class T>
ColumnVector flat(model::ColumnType type, const std::vector<T>& values, const uint64_t* validity = nullptr) {
  ColumnVector vector;
  vector.type = type;
  vector.kind = ColumnVector::Kind::kFlat;
  vector.data = values.data();
  vector.validity = validity;
  return vector;
}

// Rows of one batch; each vector has an entry per row.
struct Rows {
  std::vector<std::string_view> tags;
  uint64_t tag_validity = ~uint64_t{0};
  std::vector<int64_t> times;
  std::vector<double> floats;
  std::vector<int64_t> integers;
  std::vector<uint64_t> unsigneds;
  std::vector<uint8_t> booleans;
  std::vector<std::string_view> strings;
  uint64_t field_validity = ~uint64_t{0};

  RowBatch batch() const {
    RowBatch batch;
    batch.rows = times.size();
    batch.columns = {flat(model::ColumnType::kTag, tags, &tag_validity),
                     flat(model::ColumnType::kTime, times),
                     flat(model::ColumnType::kBoolean, booleans, &field_validity),
                     flat(model::ColumnType::kFloat, floats, &field_validity),
                     flat(model::ColumnType::kInteger, integers, &field_validity),
                     flat(model::ColumnType::kString, strings, &field_validity),
                     flat(model::ColumnType::kUnsigned, unsigneds, &field_validity)};
    return batch;
  }
};

Rows extremes() {
  Rows rows;
  rows.tags = {"", "", "", "a", "a", "b"};
  rows.tag_validity = ~uint64_t{0b011};  // NULL comes before the empty string
  rows.times = {INT64_MIN + 2, 5, 5, -1, INT64_MAX - 1, 0};
  rows.floats = {kNan, -kInfinity, kInfinity, -0.0, std::numeric_limits<double>::denorm_min(), 1.5};
  rows.integers = {INT64_MIN, INT64_MAX, 0, -1, 1, 2};
  rows.unsigneds = {0, UINT64_MAX, 1, 2, 3, 4};
  rows.booleans = {0, 1, 0, 1, 0, 1};
  rows.strings = {"", "a", std::string_view("\0\xff", 2), "long enough for the heap", "", "z"};
  rows.field_validity = ~uint64_t{0b010000};  // row 4 has no field
  return rows;
}

std::unique_ptr<ImageWriter> make_writer(ByteSink& sink, uint64_t row_group_rows = 122'880) {
  ImageOptions options;
  options.row_group_rows = row_group_rows;
  return *ImageWriter::create(sink, all_types(), {{model::ColumnId{1}}}, all_columns(), {}, options);
}

std::shared_ptr<const Image> open(MemorySink& sink) {
  auto image =
      Image::open(std::make_shared<const std::vector<std::byte>>(sink.take()), std::make_shared<DecodedCache>(1 << 20));
  EXPECT_TRUE(image) << image.error().describe();
  return *image;
}

// The columns of a whole image against the rows that went in.
void expect_rows(const Image& image, const Rows& rows) {
  ASSERT_EQ(image.row_count(), rows.times.size());
  for (size_t group = 0; group < image.row_groups().size(); ++group) {
    const RowGroup& range = image.row_groups()[group];
    const auto column = [&](uint32_t id) { return *image.decode(group, model::ColumnId{id}); };
    const auto times = column(0);
    const auto floats = column(2);
    const auto integers = column(3);
    const auto unsigneds = column(4);
    const auto booleans = column(5);
    const auto strings = column(6);
    for (size_t i = 0; i < range.row_count; ++i) {
      const size_t row = range.first_row + i;
      SCOPED_TRACE(::testing::Message() << "row " << row);
      EXPECT_EQ(times->vector.value<int64_t>(i), rows.times[row]);
      const bool valid = (rows.field_validity >> row & 1) != 0;
      const bool has_tag = (rows.tag_validity >> row & 1) != 0;
      EXPECT_EQ(image.series().tag(image.series().series_of_row(row), model::ColumnId{1}),
                has_tag ? std::optional(rows.tags[row]) : std::nullopt);
      for (const auto& field : {floats, integers, unsigneds, booleans, strings})
        EXPECT_EQ(field->vector.is_valid(i), valid);
      if (!valid) continue;
      EXPECT_EQ(std::bit_cast<uint64_t>(floats->vector.value<double>(i)), std::bit_cast<uint64_t>(rows.floats[row]));
      EXPECT_EQ(integers->vector.value<int64_t>(i), rows.integers[row]);
      EXPECT_EQ(unsigneds->vector.value<uint64_t>(i), rows.unsigneds[row]);
      EXPECT_EQ(booleans->vector.value<uint8_t>(i), rows.booleans[row]);
      EXPECT_EQ(strings->vector.value<std::string_view>(i), rows.strings[row]);
    }
  }
}

TEST(ImageWriter, KeepsEveryValueOfEveryTypeAtAnyRowGroupSize) {
  const Rows rows = extremes();
  for (const uint64_t row_group_rows : {1U, 2U, 3U, 5U, 6U, 7U}) {
    for (size_t piece = 1; piece <= rows.times.size(); ++piece) {
      SCOPED_TRACE(::testing::Message() << "row groups of " << row_group_rows << ", pieces of " << piece);
      MemorySink sink;
      const auto writer = make_writer(sink, row_group_rows);
      const RowBatch batch = rows.batch();
      for (size_t at = 0; at < batch.rows; at += piece)
        ASSERT_TRUE(writer->append(batch, at, std::min(piece, batch.rows - at)));
      const auto facts = writer->finish({});
      ASSERT_TRUE(facts) << facts.error().describe();
      const auto image = open(sink);
      EXPECT_EQ(image->row_groups().size(), (6 + row_group_rows - 1) / row_group_rows);
      EXPECT_EQ(facts->times, (model::TimeRange{INT64_MIN + 2, INT64_MAX - 1}));
      expect_rows(*image, rows);
    }
  }
}

TEST(ImageWriter, OneRowIsEnough) {
  Rows rows = extremes();
  MemorySink sink;
  const auto writer = make_writer(sink);
  ASSERT_TRUE(writer->append(rows.batch(), 3, 1));
  ASSERT_TRUE(writer->finish({}));
  const auto image = open(sink);
  EXPECT_EQ(image->row_count(), 1U);
  EXPECT_EQ((*image->decode(0, kFloat))->vector.value<double>(0), 0.0);
}

TEST(ImageWriter, NanIsAValueButNoBound) {
  Rows rows = extremes();
  rows.floats = {kNan, 2, kNan, -1, 3, kNan};
  MemorySink sink;
  const auto writer = make_writer(sink);
  ASSERT_TRUE(writer->append(rows.batch()));
  const auto facts = writer->finish({});
  ASSERT_TRUE(facts);
  const auto summary = std::ranges::find(facts->summaries, kFloat, &model::ColumnSummary::column);
  EXPECT_EQ(summary->value_count, 5U);
  EXPECT_EQ(summary->null_count, 1U);
  EXPECT_EQ(summary->min, model::StatValue(-1.0));
  EXPECT_EQ(summary->max, model::StatValue(2.0));
}

TEST(ImageWriter, AnEmptyStringIsABound) {
  for (const std::string_view other : {"", "x"}) {
    Rows rows = extremes();
    rows.strings = {other, std::string_view(), other, other, other, other};
    MemorySink sink;
    const auto writer = make_writer(sink);
    ASSERT_TRUE(writer->append(rows.batch()));
    ASSERT_TRUE(writer->finish({}));
    const auto image = open(sink);
    EXPECT_EQ(image->summary(model::ColumnId{6})->min, model::StatValue(std::string()));
    EXPECT_EQ(image->summary(model::ColumnId{6})->max, model::StatValue(std::string(other)));
  }
}

TEST(ImageWriter, TakesVectorsOfEveryKind) {
  const std::vector<int64_t> times{1, 2, 3, 1, 2};
  const std::vector<std::string_view> hosts{"b", "c"};
  const std::vector<uint32_t> host_of_row{0, 0, 0, 1, 1};
  const std::vector<int64_t> numbers{7, 8};
  const std::vector<uint32_t> number_of_row{1, 0, 1, 0, 1};
  const uint64_t second_only = 0b10;
  const std::vector<double> constant{0.5};
  RowBatch batch;
  batch.rows = 5;
  ColumnVector tag = flat(model::ColumnType::kTag, hosts);
  tag.kind = ColumnVector::Kind::kDictionary;
  tag.indices = host_of_row.data();
  tag.dictionary_size = 2;
  ColumnVector floats = flat(model::ColumnType::kFloat, constant);
  floats.kind = ColumnVector::Kind::kConstant;
  ColumnVector integers = flat(model::ColumnType::kInteger, numbers, &second_only);
  integers.kind = ColumnVector::Kind::kDictionary;
  integers.indices = number_of_row.data();
  integers.dictionary_size = 2;
  batch.columns = {tag, flat(model::ColumnType::kTime, times), {}, floats, integers, {}, {}};
  MemorySink sink;
  const auto writer = make_writer(sink, 4);
  ASSERT_TRUE(writer->append(batch));
  ASSERT_TRUE(writer->finish({}));
  const auto image = open(sink);
  EXPECT_EQ(image->series().series_count(), 2U);
  EXPECT_EQ(image->series().tag(1, model::ColumnId{1}), "c");
  EXPECT_EQ((*image->decode(1, kFloat))->vector.value<double>(0), 0.5);
  const auto decoded = *image->decode(0, model::ColumnId{3});
  EXPECT_EQ(decoded->vector.value<int64_t>(0), 8);
  EXPECT_FALSE(decoded->vector.is_valid(1));
  EXPECT_EQ((*image->decode(0, model::ColumnId{6}))->vector.kind, ColumnVector::Kind::kNull);
}

TEST(ImageWriter, RowsOutOfOrderAreRefused) {
  const auto append = [](const std::vector<size_t>& order) {
    const Rows rows = extremes();
    MemorySink sink;
    const auto writer = make_writer(sink);
    Result<> done;
    for (const size_t row : order)
      if (done) done = writer->append(rows.batch(), row, 1);
    return done;
  };
  EXPECT_TRUE(append({0, 1, 2, 3, 4, 5}));
  for (const std::vector<size_t>& order :
       std::vector<std::vector<size_t>>{{1, 0}, {2, 0}, {5, 3}, {4, 3}, {3, 3}, {3, 2}, {5, 0}}) {
    const Result<> done = append(order);
    ASSERT_FALSE(done) << order[0] << order[1];
    EXPECT_EQ(done.error().code(), ErrorCode::kCorruption);
  }
}

TEST(ImageWriter, ATagOutsideTheSortKeyIsRefused) {
  MemorySink sink;
  EXPECT_FALSE(ImageWriter::create(sink, all_types(), {}, all_columns(), {}, {}));
}

TEST(ImageWriter, WritesFromFrontToBack) {
  Rows rows = extremes();
  MemorySink sink;
  const auto writer = make_writer(sink, 2);
  EXPECT_EQ(writer->bytes(), 0U);
  ASSERT_TRUE(writer->append(rows.batch(), 0, 5));
  EXPECT_EQ(writer->row_groups(), 2U);
  EXPECT_GT(writer->bytes(), 0U);
  EXPECT_EQ(writer->rows(), 5U);
}

}  // namespace
}  // namespace magnetite::chunk
