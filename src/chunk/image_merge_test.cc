#include "chunk/image_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "chunk/image.h"
#include "chunk/merge.h"
#include "chunk/sorted_rows.h"
#include "chunk/testing/image_sources.h"
#include "chunk/testing/reference_table.h"
#include "chunk/testing/table_maker.h"

namespace magnetite::chunk {
namespace {

using testing::Cell;
using testing::ReferenceTable;
using testing::TableMaker;
using Rows = std::vector<std::vector<Cell>>;

constexpr model::TimeRange up_to(int64_t time) { return {INT64_MIN, time}; }
constexpr model::TimeRange after(int64_t time) { return {time + 1, INT64_MAX}; }

// Chunks of one table, some of them images, and what they hold by definition.
class Chunks {
 public:
  void write(const testing::ReferenceRow& row) {
    expected.add(row);
    text_ += row.line(testing::field_suffixes());
  }
  void write(const std::string& text) { text_ += text; }

  void close(bool as_image = true, uint64_t row_group_rows = 122'880) {
    table.write(std::exchange(text_, {}));
    const OpenSnapshot view = table.chunk().snapshot();
    job.key = extend_sort_key(job.key, view);
    std::shared_ptr<const SortedChunk> rows = sort_rows(view, job.key);
    if (as_image) {
      ImageOptions options;
      options.row_group_rows = row_group_rows;
      rows = *Image::open(*write_image(*rows, *table.schema(), {}, options), cache);
    }
    job.inputs.push_back(rows);
    job.schema = table.schema();
    table.start_chunk();
  }

  Rows expected_rows(model::TimeRange times = model::TimeRange::all()) const {
    return expected.rows(job.key, all_columns(), *job.schema, times);
  }
  std::vector<model::ColumnId> all_columns() const {
    std::vector<model::ColumnId> columns;
    for (const schema::Column& column : job.schema->columns()) columns.push_back(column.id);
    return columns;
  }
  Rows read(const std::shared_ptr<const Image>& image) const {
    MergeStream stream({{{image, {}, nullptr}}, job.key, all_columns(), job.schema});
    Rows rows;
    while (true) {
      const auto batch = stream.next();
      EXPECT_TRUE(batch) << batch.error().describe();
      if (!batch || !*batch) return rows;
      testing::append_rows(**batch, rows);
    }
  }
  std::shared_ptr<const Image> open(MemorySink& sink) const {
    auto image = Image::open(std::make_shared<const std::vector<std::byte>>(sink.take()), cache);
    EXPECT_TRUE(image) << image.error().describe();
    return *image;
  }

  TableMaker table;
  ReferenceTable expected;
  MergeJob job;
  std::shared_ptr<DecodedCache> cache = std::make_shared<DecodedCache>(1 << 22);

 private:
  std::string text_;
};

void expect_same(const ImageFacts& facts, const Image& image) {
  EXPECT_EQ(facts.rows, image.row_count());
  EXPECT_EQ(facts.bytes, image.file_bytes());
  EXPECT_EQ(facts.times, image.times());
  EXPECT_EQ(facts.checksum, image.checksum());
  ASSERT_EQ(facts.summaries.size(), image.summaries().size());
  for (size_t i = 0; i < facts.summaries.size(); ++i) {
    EXPECT_EQ(facts.summaries[i].column, image.summaries()[i].column);
    EXPECT_EQ(facts.summaries[i].null_count, image.summaries()[i].null_count);
    EXPECT_EQ(facts.summaries[i].value_count, image.summaries()[i].value_count);
    EXPECT_EQ(facts.summaries[i].min, image.summaries()[i].min);
    EXPECT_EQ(facts.summaries[i].max, image.summaries()[i].max);
    EXPECT_EQ(facts.summaries[i].distinct_count, image.summaries()[i].distinct_count);
  }
}

void check_split(const Chunks& chunks, int64_t time) {
  SCOPED_TRACE(::testing::Message() << "split at " << time);
  MemorySink early;
  MemorySink late;
  const auto facts = split(chunks.job, time, {&early, {}, {}}, {&late, {}, {}});
  ASSERT_TRUE(facts) << facts.error().describe();
  const auto check = [&](const std::optional<ImageFacts>& side, MemorySink& sink, model::TimeRange times) {
    const Rows expected = chunks.expected_rows(times);
    ASSERT_EQ(side.has_value(), !expected.empty());
    if (!side) {
      EXPECT_TRUE(sink.take().empty());
      return;
    }
    const auto image = chunks.open(sink);
    EXPECT_TRUE(chunks.read(image) == expected);
    expect_same(*side, *image);
  };
  check(facts->up_to, early, up_to(time));
  if (time < INT64_MAX) check(facts->after, late, after(time));
}

// Random writes, cut into chunks at random places, against the definition.
void check_random(uint32_t seed, const testing::HistoryShape& shape, int count, int rows_per_chunk) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  Chunks chunks;
  for (int chunk = 0; chunk < count; ++chunk) {
    const int rows = 1 + static_cast<int>(random() % static_cast<unsigned>(rows_per_chunk));
    for (int i = 0; i < rows; ++i) chunks.write(testing::random_row(random, shape));
    chunks.close(random() % 2 == 0, 64 + random() % 3000);
  }
  chunks.job.options.row_group_rows = 1 + random() % 2500;
  MemorySink sink;
  const auto facts = compact(chunks.job, {&sink, {}, {}});
  ASSERT_TRUE(facts) << facts.error().describe();
  const auto image = chunks.open(sink);
  EXPECT_TRUE(chunks.read(image) == chunks.expected_rows());
  EXPECT_EQ(image->series().key(), chunks.job.key);
  expect_same(*facts, *image);
  check_split(chunks, static_cast<int64_t>(random() % static_cast<uint64_t>(shape.times)) - shape.times / 2);
}

TEST(ImageMerge, EqualsTheDefinitionForManySmallHistories) {
  for (uint32_t seed = 1; seed <= 120; ++seed) check_random(seed, {5, 30, 40}, 1 + static_cast<int>(seed % 5), 60);
}

TEST(ImageMerge, EqualsTheDefinitionWhereRunsStraddleBatchesAndRowGroups) {
  for (uint32_t seed = 1; seed <= 2; ++seed) check_random(seed, {3, 9000, 60}, 3, 9000);
}

TEST(ImageMerge, EqualsTheDefinitionForManySeriesWithFewRows) {
  for (uint32_t seed = 1; seed <= 2; ++seed) check_random(seed, {3000, 12, 60}, 3, 6000);
}

TEST(ImageMerge, ASplitMayFallAnywhere) {
  std::mt19937 random(5);
  Chunks chunks;
  for (int i = 0; i < 400; ++i) chunks.write(testing::random_row(random, {4, 60, 50}));
  chunks.close(true, 50);
  for (int i = 0; i < 100; ++i) chunks.write(testing::random_row(random, {6, 60, 50}));
  chunks.close(false);
  chunks.job.options.row_group_rows = 30;
  const model::TimeRange times{std::min(chunks.job.inputs[0]->times().min, chunks.job.inputs[1]->times().min),
                               std::max(chunks.job.inputs[0]->times().max, chunks.job.inputs[1]->times().max)};
  for (const int64_t time :
       {INT64_MIN, times.min - 1, times.min, times.min + 1, int64_t{0}, times.max - 1, times.max, INT64_MAX})
    check_split(chunks, time);
}

TEST(ImageMerge, AColumnThatEndsUpWithoutValuesStaysNull) {
  Chunks chunks;
  chunks.write("m,t=a x=1i 1\nm,u=b,t=a y=\"s\",x=2i 9\n");
  chunks.close();
  MemorySink early;
  MemorySink late;
  ASSERT_TRUE(split(chunks.job, 5, {&early, {}, {}}, {&late, {}, {}}));
  const auto image = chunks.open(early);
  EXPECT_EQ(chunks.read(image), (Rows{{"1", "a", Cell(), "1", Cell()}}));
  EXPECT_EQ(image->summary(chunks.table.id("y"))->null_count, 1U);
  EXPECT_EQ(image->summary(chunks.table.id("u"))->null_count, 1U);
  EXPECT_FALSE(image->summary(chunks.table.id("u"))->min);
  EXPECT_EQ(image->series().tag_column(chunks.table.id("u")), nullptr);
  EXPECT_EQ(image->facts().sort_key, chunks.job.key);  // complete nevertheless
  EXPECT_EQ(chunks.read(chunks.open(late)), (Rows{{"9", "a", "b", "2", "s"}}));
}

TEST(ImageMerge, TheFooterSaysWhatTheCallerSaid) {
  Chunks chunks;
  chunks.write("m,t=a x=1i 1\n");
  chunks.close();
  const ImageIdentity identity{"my db", *model::Uuid::parse("01234567-89ab-4cde-8f01-23456789abcd"), "2026-11-25",
                               model::ChunkId{9}, model::ChunkOrder{12}};
  const ClosingFacts closing{WallTime{1'700'000'000'123'456'789},
                             {{model::SequencerId{0}, model::SequenceNumber{5}, model::SequenceNumber{UINT64_MAX}},
                              {model::SequencerId{7}, model::SequenceNumber{0}, model::SequenceNumber{0}}},
                             std::string("\0\xff checkpoint", 13),
                             ""};
  MemorySink sink;
  ASSERT_TRUE(compact(chunks.job, {&sink, identity, [&] { return closing; }}));
  const auto image = chunks.open(sink);
  const ImageFooterFacts& facts = image->facts();
  EXPECT_EQ(facts.table, "m");
  EXPECT_EQ(facts.identity, identity);
  EXPECT_EQ(facts.closing, closing);
  EXPECT_EQ(facts.rows, 1U);
  EXPECT_EQ(facts.times, (model::TimeRange{1, 1}));
}

Chunks long_chunks() {
  Chunks chunks;
  std::string text;
  for (int row = 0; row < 20'000; ++row)
    text += "m,t=s" + std::to_string(row % 7) + " x=" + std::to_string(row * 7919 % 10'007) + "i " +
            std::to_string(row) + "\n";
  chunks.write(text);
  chunks.close();
  chunks.job.options.row_group_rows = 3'000;
  return chunks;
}

TEST(ImageMerge, TellsHowFarItIs) {
  Chunks chunks = long_chunks();
  uint64_t rows = 0;
  uint64_t bytes = 0;
  int calls = 0;
  chunks.job.hooks.progress = [&](uint64_t more_rows, uint64_t more_bytes) {
    rows += more_rows;
    bytes += more_bytes;
    ++calls;
    EXPECT_LE(more_rows, 3'000U + kBatchRowsMax);
  };
  MemorySink sink;
  const auto facts = compact(chunks.job, {&sink, {}, {}});
  ASSERT_TRUE(facts);
  EXPECT_EQ(rows, 20'000U);
  EXPECT_EQ(bytes, facts->bytes);
  EXPECT_GE(calls, 6);
}

TEST(ImageMerge, StopsWithinARowGroupOfBeingAsked) {
  Chunks chunks = long_chunks();
  int asked = 0;
  uint64_t rows = 0;
  chunks.job.hooks.cancelled = [&] { return ++asked == 2; };
  chunks.job.hooks.progress = [&](uint64_t more, uint64_t) { rows += more; };
  MemorySink early;
  MemorySink late;
  const auto facts = split(chunks.job, 10'000, {&early, {}, {}}, {&late, {}, {}});
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code(), ErrorCode::kCancelled);
  EXPECT_LE(rows, 2 * (3'000U + kBatchRowsMax));
}

TEST(ImageMerge, WhatTheSinkReportsPassesThrough) {
  const Chunks chunks = long_chunks();
  MemorySink whole;
  const uint64_t bytes = compact(chunks.job, {&whole, {}, {}})->bytes;
  for (const size_t room : {size_t{0}, size_t{3}, size_t{5'000}, bytes - 1}) {
    testing::FullSink sink(room);
    const auto facts = compact(chunks.job, {&sink, {}, {}});
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().code(), ErrorCode::kResourceExhausted) << facts.error().describe();
  }
}

TEST(ImageMerge, RowGroupsAreBoundedInBytesToo) {
  Chunks chunks;
  std::string text;
  for (int row = 0; row < 1'000; ++row)
    text += "m s=\"" + std::string(1'000, static_cast<char>('a' + row % 26)) + "\" " + std::to_string(row) + "\n";
  chunks.write(text);
  chunks.close();
  chunks.job.options.row_group_bytes_max = 100'000;
  MemorySink sink;
  ASSERT_TRUE(compact(chunks.job, {&sink, {}, {}}));
  const auto image = chunks.open(sink);
  EXPECT_EQ(image->row_count(), 1'000U);
  EXPECT_GT(image->row_groups().size(), 1U);
}

}  // namespace
}  // namespace magnetite::chunk
