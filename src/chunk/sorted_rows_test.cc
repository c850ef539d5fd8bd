#include "chunk/sorted_rows.h"

#include <gtest/gtest.h>

#include "chunk/open_columns.h"
#include "chunk/testing/table_maker.h"

namespace magnetite::chunk {
namespace {

std::string rows_of(const SortedChunk& rows, model::ColumnId field) {
  std::string text;
  for (size_t group = 0; group < rows.row_groups().size(); ++group) {
    const auto times = *rows.decode(group, schema::kTimeColumnId);
    const auto values = *rows.decode(group, field);
    for (size_t row = 0; row < rows.row_groups()[group].row_count; ++row) {
      text += std::to_string(times->vector.value<int64_t>(row)) + "=";
      text += values->vector.is_valid(row) ? std::to_string(values->vector.value<int64_t>(row)) : "-";
      text += ' ';
    }
  }
  return text;
}

TEST(SortedRows, OfSomeTimesOnly) {
  testing::TableMaker table;
  table.write("m,t=b v=1i 10\nm,t=a v=2i 10\nm,t=a w=1i 20\nm,t=b v=4i 30\nm,t=a v=5i 20\nm,t=c v=6i 40");
  const OpenSnapshot snapshot = table.chunk().snapshot();
  const SortKey key = extend_sort_key({}, snapshot);
  const model::ColumnId v = table.id("v");
  EXPECT_EQ(rows_of(*sort_rows(snapshot, key), v), "10=2 20=5 10=1 30=4 40=6 ");

  const auto some = sort_rows(snapshot, key, {15, 30});
  ASSERT_NE(some, nullptr);
  EXPECT_EQ(rows_of(*some, v), "20=5 30=4 ");
  EXPECT_EQ(some->times(), (model::TimeRange{20, 30}));
  EXPECT_EQ(some->series().series_count(), 2U) << "series without rows in the range are left out";
  EXPECT_EQ(some->summary(v)->value_count, 2U);
  EXPECT_EQ(some->summary(table.id("w"))->value_count, 1U);
  EXPECT_EQ(some->summary(table.id("w"))->null_count, 1U);

  const std::vector<uint8_t> only_b = {1, 0, 0};  // by arrival
  EXPECT_EQ(rows_of(*sort_rows(snapshot, key, model::TimeRange::all(), only_b), v), "10=1 30=4 ");
  EXPECT_EQ(sort_rows(snapshot, key, {15, 25}, only_b), nullptr);

  EXPECT_EQ(sort_rows(snapshot, key, {41, 50}), nullptr);
}

TEST(SortedRows, OfSomeTimesAcrossSegments) {
  testing::TableMaker table;
  std::string lines;
  const int64_t rows = static_cast<int64_t>(kSegmentRowsMax) + 100;
  for (int64_t i = 0; i < rows; ++i)
    lines += "m,t=" + std::to_string(i % 3) + " v=" + std::to_string(i) + "i " + std::to_string(i) + "\n";
  table.write(lines);
  const OpenSnapshot snapshot = table.chunk().snapshot();
  const auto some = sort_rows(snapshot, extend_sort_key({}, snapshot), {rows - 150, rows - 50});
  ASSERT_NE(some, nullptr);
  EXPECT_EQ(some->row_count(), 101U);
  EXPECT_EQ(some->summary(table.id("v"))->value_count, 101U);
}

}  // namespace
}  // namespace magnetite::chunk
