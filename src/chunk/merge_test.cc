#include "chunk/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "chunk/image.h"
#include "chunk/sorted_rows.h"
#include "chunk/testing/reference_table.h"
#include "chunk/testing/table_maker.h"

namespace magnetite::chunk {
namespace {

using testing::Cell;
using testing::ReferenceRow;
using testing::ReferenceTable;
using testing::TableMaker;
using Rows = std::vector<std::vector<Cell>>;

// Writes go to open chunks; close() turns one into sorted rows or an image.
class History {
 public:
  void write(const ReferenceRow& row) {
    expected.add(row);
    text_ += row.line(testing::field_suffixes());
  }
  void write(std::string text) { text_ += text; }

  void close(bool as_image, uint64_t row_group_rows = 122'880) {
    table.write(std::exchange(text_, {}));
    const OpenSnapshot view = table.chunk().snapshot();
    key = extend_sort_key(key, view);
    std::shared_ptr<const SortedChunk> rows = sort_rows(view, key);
    if (as_image) {
      ImageOptions options;
      options.row_group_rows = row_group_rows;
      auto bytes = write_image(*rows, *table.schema(), {"db", {}, "p", {}, {}}, options);
      EXPECT_TRUE(bytes) << bytes.error().describe();
      auto image = Image::open(*bytes, cache);
      EXPECT_TRUE(image) << image.error().describe();
      rows = *image;
    }
    inputs.push_back({rows, table.chunk().order(), nullptr});
    table.start_chunk();
  }

  std::vector<model::ColumnId> all_columns() const {
    std::vector<model::ColumnId> columns;
    for (const schema::Column& column : table.schema()->columns()) columns.push_back(column.id);
    return columns;
  }

  MergeRequest request() const { return {inputs, key, all_columns(), table.schema()}; }

  TableMaker table;
  ReferenceTable expected;
  SortKey key;
  std::vector<MergeInput> inputs;
  std::shared_ptr<DecodedCache> cache = std::make_shared<DecodedCache>(1 << 20);

 private:
  std::string text_;
};

Rows read_all(MergeRequest request) {
  MergeStream stream(std::move(request));
  Rows rows;
  while (true) {
    const Result<std::optional<RowBatch>> batch = stream.next();
    EXPECT_TRUE(batch) << batch.error().describe();
    if (!batch || !*batch) return rows;
    EXPECT_LE((*batch)->rows, kBatchRowsMax);
    EXPECT_GT((*batch)->rows, 0U);
    testing::append_rows(**batch, rows);
  }
}

TEST(MergeStream, LastValueOfEachFieldWinsInsideAChunk) {
  History history;
  history.write("m,t=a x=2i 5\nm,t=a x=2i,y=1i 5\nm,t=a y=3i 5\n");
  history.close(false);
  EXPECT_EQ(read_all(history.request()), (Rows{{"5", "a", "2", "3"}}));
}

TEST(MergeStream, LaterChunkWinsWhateverTheOrderOfInputs) {
  for (const bool reversed : {false, true}) {
    History history;
    history.write("m,t=a x=1i,y=1i 5\nm x=7i 5\n");
    history.close(true);
    history.write("m,t=a x=2i 5\nm,t=b x=9i 5\nm y=8i 5\n");
    history.close(false);
    if (reversed) std::ranges::reverse(history.inputs);
    EXPECT_EQ(read_all(history.request()),
              (Rows{{"5", Cell(), "7", "8"}, {"5", "a", "2", "1"}, {"5", "b", "9", Cell()}}));
  }
}

TEST(MergeStream, ChunksWithOtherTagsKeepTheTableOrder) {
  History history;
  history.write("m,t=b x=1i 1\nm,t=a x=2i 1\n");
  history.close(true);
  history.write("m,u=z x=3i 1\nm,t=a,u=z x=4i 1\nm,t=a x=5i 1\n");
  history.close(true);
  MergeRequest request = history.request();
  request.columns = {history.table.id("t"), history.table.id("u"), history.table.id("x")};
  EXPECT_EQ(read_all(request), (Rows{{Cell(), "z", "3"}, {"a", Cell(), "5"}, {"a", "z", "4"}, {"b", Cell(), "1"}}));
}

TEST(MergeStream, ALongSeriesOfOneInputIsPassedOnWithoutCopying) {
  History history;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "m,t=a x=" + std::to_string(i) + "i " + std::to_string(i) + "\n";
  history.write(text);
  history.close(false);
  history.write("m,t=b x=1i 1\n");
  history.close(false);
  MergeStream stream(history.request());
  const auto first = stream.next();
  ASSERT_TRUE(first && *first);
  const auto decoded = history.inputs[0].rows->decode(0, history.table.id("x"));
  EXPECT_EQ((*first)->rows, kBatchRowsMax);
  EXPECT_EQ((*first)->columns[1].kind, ColumnVector::Kind::kConstant);
  EXPECT_EQ((*first)->columns[2].kind, ColumnVector::Kind::kFlat);
  EXPECT_EQ((*first)->columns[2].value<int64_t>(77), 77);
}

TEST(MergeStream, OnlyListedSeriesAndTimesAreVisited) {
  History history;
  history.write("m,t=a x=1i 1\nm,t=b x=2i 1\nm,t=b x=3i 2\nm,t=b x=4i 3\nm,t=c x=5i 2\n");
  history.close(true);
  history.write("m,t=b x=6i 2\nm,t=c x=7i 2\n");
  history.close(false);
  history.inputs[0].series = std::make_shared<const std::vector<uint32_t>>(std::vector<uint32_t>{1});
  history.inputs[1].series = std::make_shared<const std::vector<uint32_t>>(std::vector<uint32_t>{0});
  MergeRequest request = history.request();
  request.times = {2, 3};
  request.columns = {schema::kTimeColumnId, history.table.id("x")};
  EXPECT_EQ(read_all(request), (Rows{{"2", "6"}, {"3", "4"}}));
}

// Random writes, cut into chunks at random places, against the definition.
void check_random_history(uint32_t seed, const testing::HistoryShape& shape, int chunks, int rows_per_chunk) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  History history;
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const int rows = 1 + static_cast<int>(random() % static_cast<unsigned>(rows_per_chunk));
    for (int i = 0; i < rows; ++i) history.write(testing::random_row(random, shape));
    history.close(random() % 2 == 0, 64 + random() % 3000);
  }
  std::ranges::shuffle(history.inputs, random);
  MergeRequest request = history.request();
  EXPECT_EQ(read_all(request), history.expected.rows(history.key, request.columns, *history.table.schema()));
  request.times = {-shape.times / 4, shape.times / 5};
  std::ranges::shuffle(request.columns, random);
  request.columns.resize(1 + request.columns.size() / 2);
  EXPECT_EQ(read_all(request),
            history.expected.rows(history.key, request.columns, *history.table.schema(), request.times));
}

TEST(MergeStream, EqualsTheDefinitionForManySmallHistories) {
  for (uint32_t seed = 1; seed <= 150; ++seed)
    check_random_history(seed, {5, 30, 40}, 1 + static_cast<int>(seed % 5), 60);
}

TEST(MergeStream, EqualsTheDefinitionWhereRunsStraddleBatchesAndRowGroups) {
  for (uint32_t seed = 1; seed <= 4; ++seed) check_random_history(seed, {3, 9000, 60}, 3, 9000);
}

TEST(MergeStream, EqualsTheDefinitionForManySeriesWithFewRows) {
  for (uint32_t seed = 1; seed <= 4; ++seed) check_random_history(seed, {3000, 12, 60}, 3, 6000);
}

TEST(SortedRows, OneChunkEqualsTheDefinitionAndItsOwnSummaries) {
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    History history;
    for (int i = 0; i < 300; ++i) history.write(testing::random_row(random, {4, 200, 30}));
    history.close(seed % 2 == 0, 100);
    const SortedChunk& rows = *history.inputs[0].rows;
    const Rows expected = history.expected.rows(history.key, history.all_columns(), *history.table.schema());
    EXPECT_EQ(read_all(history.request()), expected);
    EXPECT_EQ(rows.row_count(), expected.size());
    for (const schema::Column& column : history.table.schema()->columns()) {
      const auto nulls = static_cast<uint64_t>(std::ranges::count_if(
          expected, [&](const std::vector<Cell>& row) { return !row[column.id.value].has_value(); }));
      const model::ColumnSummary* summary = rows.summary(column.id);
      ASSERT_NE(summary, nullptr);
      EXPECT_EQ(summary->null_count, nulls) << column.name;
      EXPECT_EQ(summary->value_count, expected.size() - nulls) << column.name;
    }
  }
}

TEST(SortKey, FewValuesFirstThenNamesAndNewTagsLast) {
  TableMaker table;
  table.write("m,host=a,area=x,zone=1 v=1i 1\nm,host=b,area=x,zone=1 v=1i 1\nm,host=c,area=y,zone=2 v=1i 1\n");
  const SortKey first = extend_sort_key({}, table.chunk().snapshot());
  EXPECT_EQ(first.tags, (std::vector{table.id("area"), table.id("zone"), table.id("host")}));
  table.start_chunk();
  table.write("m,one=1,host=b v=1i 1\n");
  EXPECT_EQ(extend_sort_key(first, table.chunk().snapshot()).tags,
            (std::vector{table.id("area"), table.id("zone"), table.id("host"), table.id("one")}));
}

}  // namespace
}  // namespace magnetite::chunk
