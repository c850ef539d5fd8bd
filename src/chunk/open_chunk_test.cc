#include "chunk/open_chunk.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "chunk/open_columns.h"
#include "chunk/testing/table_maker.h"

namespace magnetite::chunk {
namespace {

using testing::TableMaker;

// What one column holds, row by row; "-" = NULL.
std::vector<std::string> texts(const OpenSnapshot& view, model::ColumnId id) {
  std::vector<std::string> all;
  view.columns->for_each_segment(view.rows, [&](const RowSegment& segment, uint64_t rows) {
    const ColumnSegment* column = segment.column(id);
    for (uint64_t row = 0; row < rows; ++row) {
      if (column == nullptr || !column->is_valid(row)) {
        all.emplace_back("-");
        continue;
      }
      const std::byte* values = column->values.get();
      switch (view.schema->column(id).type) {
        case model::ColumnType::kInteger:
          all.push_back(std::to_string(reinterpret_cast<const int64_t*>(values)[row]));
          break;
        case model::ColumnType::kString:
          all.emplace_back(reinterpret_cast<const std::string_view*>(values)[row]);
          break;
        case model::ColumnType::kBoolean:
          all.emplace_back(reinterpret_cast<const uint8_t*>(values)[row] != 0 ? "true" : "false");
          break;
        case model::ColumnType::kUnsigned:
          all.push_back(std::to_string(reinterpret_cast<const uint64_t*>(values)[row]));
          break;
        case model::ColumnType::kFloat:
          all.push_back(fmt::format("{}", reinterpret_cast<const double*>(values)[row]));
          break;
        default:
          all.emplace_back("?");
      }
    }
  });
  return all;
}

using Texts = std::vector<std::string>;

TEST(OpenChunk, MissingFieldsAndColumnsThatComeLaterAreNull) {
  TableMaker table;
  table.write("m,t=a x=1i 10\nm,t=b y=true 11\n");
  table.write("m,t=a x=2i,z=\"late\" 12\n");
  const OpenSnapshot view = table.chunk().snapshot();
  EXPECT_EQ(view.rows, 3U);
  EXPECT_EQ(view.times, (model::TimeRange{10, 12}));
  EXPECT_EQ(texts(view, table.id("x")), (Texts{"1", "-", "2"}));
  EXPECT_EQ(texts(view, table.id("y")), (Texts{"-", "true", "-"}));
  EXPECT_EQ(texts(view, table.id("z")), (Texts{"-", "-", "late"}));
}

// Lines that name the same columns are taken column after column, over the borders of segments too.
TEST(OpenChunk, RunsOfLinesThatLookAlikeAndOthersBetweenThemKeepTheirValues) {
  for (const int run : {1, 2, 63, 64, 65, 200}) {
    TableMaker table;
    std::string lines;
    Texts i, u, f, s, b;
    for (int row = 0; row < 700; ++row) {
      const std::string n = std::to_string(row);
      switch (row / run % 4) {
        case 0:
          lines += fmt::format("m i={0}i,u={0}u,f={0}.5,s=\"{0}\",b=t {0}\n", row);
          break;
        case 1:  // as many, in another order
          lines += fmt::format("m b=t,s=\"{0}\",f={0}.5,u={0}u,i={0}i {0}\n", row);
          break;
        case 2:  // fewer
          lines += fmt::format("m u={0}u,f={0}.5,i={0}i,b=t {0}\n", row);
          break;
        default:
          lines += fmt::format("m f={0}.5 {0}\n", row);
      }
      const int kind = row / run % 4;
      i.push_back(kind == 3 ? "-" : n);
      u.push_back(kind == 3 ? "-" : n);
      f.push_back(n + ".5");
      s.push_back(kind < 2 ? n : "-");
      b.push_back(kind == 3 ? "-" : "true");
    }
    table.write(lines);
    const OpenSnapshot view = table.chunk().snapshot();
    EXPECT_EQ(texts(view, table.id("i")), i) << run;
    EXPECT_EQ(texts(view, table.id("u")), u) << run;
    EXPECT_EQ(texts(view, table.id("f")), f) << run;
    EXPECT_EQ(texts(view, table.id("s")), s) << run;
    EXPECT_EQ(texts(view, table.id("b")), b) << run;
    for (const model::ColumnSummary& summary : table.chunk().summaries()) {
      if (summary.column != table.id("i")) continue;
      EXPECT_EQ(summary.value_count, static_cast<uint64_t>(std::ranges::count_if(i, [](auto& t) { return t != "-"; })));
      EXPECT_EQ(summary.min, model::StatValue(int64_t{0})) << run;
    }
  }
}

TEST(OpenChunk, StringsLoseTheirEscapes) {
  TableMaker table;
  table.write("m s=\"a \\\"b\\\" \\\\ c\" 1\nm s=\"\" 2\nm s=\"two\nlines\" 3\n");
  EXPECT_EQ(texts(table.chunk().snapshot(), table.id("s")), (Texts{"a \"b\" \\ c", "", "two\nlines"}));
}

TEST(OpenChunk, ManyColumnsThatComeOneByOneKeepTheirRows) {
  TableMaker table;
  for (int i = 0; i < 300; ++i)
    table.write("m f" + std::to_string(i) + "=" + std::to_string(i) + "i " + std::to_string(i) + "\n");
  const OpenSnapshot view = table.chunk().snapshot();
  for (int i = 0; i < 300; i += 37) {
    Texts expected(300, "-");
    expected[static_cast<size_t>(i)] = std::to_string(i);
    EXPECT_EQ(texts(view, table.id("f" + std::to_string(i))), expected);
  }
}

TEST(OpenChunk, KnowsWhetherAnIdentityMayOccurTwice) {
  TableMaker table;
  table.write("m,t=a x=1i 10\nm,t=b x=1i 10\nm,t=a x=1i 11\n");
  EXPECT_FALSE(table.chunk().snapshot().may_hold_duplicates);
  const OpenSnapshot before = table.chunk().snapshot();
  table.write("m,t=b x=2i 10\n");
  EXPECT_TRUE(table.chunk().snapshot().may_hold_duplicates);
  EXPECT_FALSE(before.may_hold_duplicates);
  EXPECT_EQ(before.rows, 3U);
}

TEST(OpenChunk, SummariesFollowTheRows) {
  TableMaker table;
  table.write("m,t=a x=23i,s=\"k\" 1\nm,t=b x=55i 2\nm x=6i,s=\"b\" 3\nm,t=a f=-0.5,u=7u 4\n", WallTime{70});
  table.write("m,t=a b=true 5\n", WallTime{90});
  const std::vector<model::ColumnSummary> all = table.chunk().summaries();
  ASSERT_EQ(all.size(), table.schema()->columns().size());
  const auto of = [&](std::string_view name) { return all[table.id(name).value]; };
  EXPECT_EQ(of("x").value_count, 3U);
  EXPECT_EQ(of("x").null_count, 2U);
  EXPECT_EQ(of("x").min, model::StatValue(int64_t{6}));
  EXPECT_EQ(of("x").max, model::StatValue(int64_t{55}));
  EXPECT_EQ(of("s").min, model::StatValue(std::string("b")));
  EXPECT_EQ(of("s").max, model::StatValue(std::string("k")));
  EXPECT_EQ(of("f").min, model::StatValue(-0.5));
  EXPECT_EQ(of("u").max, model::StatValue(uint64_t{7}));
  EXPECT_EQ(of("b").max, model::StatValue(true));
  EXPECT_EQ(of("t").value_count, 4U);
  EXPECT_EQ(of("t").null_count, 1U);
  EXPECT_EQ(of("t").distinct_count, 2U);
  EXPECT_EQ(of("time").min, model::StatValue(int64_t{1}));
  EXPECT_EQ(table.chunk().first_write(), WallTime{70});
  EXPECT_EQ(table.chunk().last_write(), WallTime{90});
  EXPECT_GT(table.chunk().bytes(), 0U);
}

TEST(OpenChunk, SnapshotsStayAsTheyWereWhileRowsAreAppended) {
  TableMaker table;
  constexpr uint64_t kRows = 30'000;
  std::vector<TableMaker::Prepared> writes(kRows / 100);
  for (uint64_t i = 0; i < writes.size(); ++i) {
    std::string text;
    for (uint64_t row = i * 100; row < (i + 1) * 100; ++row) {
      text += "m,t=" + std::to_string(row % 7) + " x=" + std::to_string(row) + "i";
      if (row % 3 == 0) text += ",s=\"" + std::to_string(row) + "\"";
      text += " " + std::to_string(row) + "\n";
    }
    table.prepare(std::move(text), writes[i]);
  }
  const model::ColumnId x = table.id("x");
  const model::ColumnId s = table.id("s");
  std::jthread writer([&] {
    for (const TableMaker::Prepared& write : writes) table.append(write);
  });
  for (uint64_t seen = 0; seen < kRows;) {
    const OpenSnapshot view = table.chunk().snapshot();
    ASSERT_GE(view.rows, seen);
    seen = view.rows;
    if (seen == 0) continue;
    const Texts numbers = texts(view, x);
    const Texts strings = texts(view, s);
    ASSERT_EQ(numbers.size(), seen);
    for (uint64_t row = 0; row < seen; ++row) {
      ASSERT_EQ(numbers[row], std::to_string(row));
      ASSERT_EQ(strings[row], row % 3 == 0 ? std::to_string(row) : "-");
    }
  }
}

}  // namespace
}  // namespace magnetite::chunk
