#include "chunk/image.h"

#include <arrow/array.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/page_index.h>

#include <cmath>
#include <limits>

#include "chunk/image_format.h"
#include "chunk/image_parts.h"
#include "chunk/merge.h"
#include "chunk/sorted_rows.h"
#include "chunk/testing/reference_table.h"
#include "chunk/testing/table_maker.h"

namespace magnetite::chunk {
namespace {

using testing::Cell;
using testing::TableMaker;
using Rows = std::vector<std::vector<Cell>>;

const ImageIdentity& identity() {
  static const ImageIdentity made{"my db", *model::Uuid::parse("01234567-89ab-4cde-8f01-23456789abcd"),
                                  "2026-11-25 \"x\"", model::ChunkId{7}, model::ChunkOrder{UINT64_MAX}};
  return made;
}

std::shared_ptr<const SortedChunk> sorted(TableMaker& table) {
  const OpenSnapshot view = table.chunk().snapshot();
  return sort_rows(view, extend_sort_key({}, view));
}

ImageBytes image_bytes(TableMaker& table, uint64_t row_group_rows = 122'880) {
  ImageOptions options;
  options.row_group_rows = row_group_rows;
  return write_image(*sorted(table), *table.schema(), identity(), options).value();
}

std::shared_ptr<DecodedCache> cache() { return std::make_shared<DecodedCache>(1 << 24); }

std::vector<model::ColumnId> all_columns(const TableMaker& table) {
  std::vector<model::ColumnId> columns;
  for (const schema::Column& column : table.schema()->columns()) columns.push_back(column.id);
  return columns;
}

Result<Rows> read_all(std::shared_ptr<const SortedChunk> rows, const TableMaker& table) {
  const SortKey key = rows->series().key();
  std::vector<MergeInput> inputs(1);
  inputs[0].rows = std::move(rows);
  MergeStream stream({std::move(inputs), key, all_columns(table), table.schema()});
  Rows all;
  while (true) {
    MAGNETITE_TRY(const std::optional<RowBatch> batch, stream.next());
    if (!batch) return all;
    testing::append_rows(*batch, all);
  }
}

// A bit of everything that can be stored.
void write_extremes(TableMaker& table) {
  const std::string long_text(20'000, 'x');
  table.write(
      "m,t=a,u=\\ \\,\\= i=-9223372036854775808i,u8=18446744073709551615u,f=-0.0,b=true,s=\"\" 1\n"
      "m,t=a i=9223372036854775807i,u8=0u,f=1.7976931348623157e308,b=false,s=\"two\nlines \\\" \\\\ ü\" 2\n"
      "m f=-1.7976931348623157e308,s=\"" +
      long_text +
      "\" -9223372036854775806\n"
      "m,t=b f=5e-324 9223372036854775806\n"
      "m,t=c b=true 3\n");
}

TEST(Image, HoldsWhatTheSortedRowsHeld) {
  TableMaker table;
  write_extremes(table);
  for (const uint64_t row_group_rows : {1U, 2U, 122'880U}) {
    const auto image = Image::open(image_bytes(table, row_group_rows), cache());
    ASSERT_TRUE(image) << image.error().describe();
    EXPECT_EQ(*read_all(*image, table), *read_all(sorted(table), table));
    EXPECT_EQ((*image)->row_groups().size(), (5 + row_group_rows - 1) / row_group_rows);
    EXPECT_EQ((*image)->times(), (model::TimeRange{-9223372036854775806, 9223372036854775806}));
  }
}

TEST(Image, KeepsTheSignOfZeroAndTheSmallestDouble) {
  TableMaker table;
  table.write("m f=-0.0 1\nm f=5e-324 2\n");
  const auto image = *Image::open(image_bytes(table), cache());
  const auto decoded = *image->decode(0, table.id("f"));
  EXPECT_TRUE(std::signbit(decoded->vector.value<double>(0)));
  EXPECT_EQ(decoded->vector.value<double>(1), std::numeric_limits<double>::denorm_min());
}

TEST(Image, KnowsWhoseRowsItHolds) {
  TableMaker table;
  write_extremes(table);
  const auto image = *Image::open(image_bytes(table), cache());
  EXPECT_EQ(image->identity().database, identity().database);
  EXPECT_EQ(image->identity().database_uuid, identity().database_uuid);
  EXPECT_EQ(image->identity().partition_key, identity().partition_key);
  EXPECT_EQ(image->identity().chunk, identity().chunk);
  EXPECT_EQ(image->identity().order, identity().order);
  EXPECT_EQ(image->series().key(), sorted(table)->series().key());
  EXPECT_GT(image->memory_bytes(), image->bytes()->size());
}

TEST(Image, SummariesComeFromTheFooter) {
  TableMaker table;
  table.write("m,t=b i=-5i,u=18446744073709551615u,f=2.5,b=true,s=\"k\" 10\nm,t=a i=7i,u=1u,s=\"c\" 20\nm i=1i 5\n");
  const auto image = *Image::open(image_bytes(table, 2), cache());
  const auto of = [&](std::string_view name) { return *image->summary(table.id(name)); };
  EXPECT_EQ(of("i").min, model::StatValue(int64_t{-5}));
  EXPECT_EQ(of("i").max, model::StatValue(int64_t{7}));
  EXPECT_EQ(of("u").min, model::StatValue(uint64_t{1}));
  EXPECT_EQ(of("u").max, model::StatValue(UINT64_MAX));
  EXPECT_EQ(of("f").max, model::StatValue(2.5));
  EXPECT_EQ(of("b").min, model::StatValue(true));
  EXPECT_EQ(of("s").min, model::StatValue(std::string("c")));
  EXPECT_EQ(of("s").max, model::StatValue(std::string("k")));
  EXPECT_EQ(of("s").null_count, 1U);
  EXPECT_EQ(of("t").null_count, 1U);
  EXPECT_EQ(of("t").distinct_count, 2U);
  EXPECT_EQ(of("time").max, model::StatValue(int64_t{20}));
  EXPECT_EQ(of("time").value_count, 3U);
}

// A column that is stored without a single value.
class WithEmptyColumn final : public SortedChunk {
 public:
  WithEmptyColumn(std::shared_ptr<const SortedChunk> rows, model::ColumnId column, model::ColumnType type)
      : rows_(std::move(rows)),
        column_(column),
        type_(type),
        summaries_(rows_->summaries().begin(), rows_->summaries().end()) {
    model::ColumnSummary summary;
    summary.column = column;
    summary.type = type;
    summary.null_count = rows_->row_count();
    summaries_.push_back(summary);
  }
  const SeriesIndex& series() const override { return rows_->series(); }
  std::span<const RowGroup> row_groups() const override { return rows_->row_groups(); }
  model::TimeRange times() const override { return rows_->times(); }
  std::span<const model::ColumnSummary> summaries() const override { return summaries_; }
  Result<std::shared_ptr<const DecodedColumn>> decode(size_t group, model::ColumnId column) const override {
    if (column != column_) return rows_->decode(group, column);
    auto decoded = std::make_shared<DecodedColumn>();
    decoded->rows = row_groups()[group].row_count;
    decoded->vector.type = type_;
    return decoded;
  }

 private:
  const std::shared_ptr<const SortedChunk> rows_;
  const model::ColumnId column_;
  const model::ColumnType type_;
  std::vector<model::ColumnSummary> summaries_;
};

TEST(Image, ColumnsWithoutAnyValueStayColumns) {
  for (const model::ColumnType type :
       {model::ColumnType::kFloat, model::ColumnType::kInteger, model::ColumnType::kUnsigned,
        model::ColumnType::kString, model::ColumnType::kBoolean}) {
    TableMaker table;
    table.write("m,t=a x=1i 1\nm,t=a x=2i 2\n");
    const auto rows = sorted(table);
    const model::ColumnId empty = table.column("empty", type);
    const auto bytes = write_image(WithEmptyColumn(rows, empty, type), *table.schema(), identity(), {});
    ASSERT_TRUE(bytes) << bytes.error().describe();
    const auto image = Image::open(*bytes, cache());
    ASSERT_TRUE(image) << image.error().describe();
    EXPECT_EQ((*image)->summary(empty)->null_count, 2U);
    EXPECT_FALSE((*image)->summary(empty)->min);
    EXPECT_EQ(*read_all(*image, table), (Rows{{"1", "a", "1", Cell()}, {"2", "a", "2", Cell()}}));
  }
}

TEST(Image, AForeignReaderSeesPlainParquet) {
  TableMaker table("cpu load");
  table.write("m,t=a,z=1 i=1i,s=\"x\" 10\nm,t=b i=2i,f=0.5 20\nm i=3i,b=true,u=9u 30\n");
  const ImageBytes bytes = image_bytes(table, 2);
  auto source = std::make_shared<arrow::io::BufferReader>(
      arrow::Buffer::Wrap(reinterpret_cast<const uint8_t*>(bytes->data()), static_cast<int64_t>(bytes->size())));
  auto reader = parquet::arrow::OpenFile(source, arrow::default_memory_pool()).ValueOrDie();
  const std::shared_ptr<arrow::Table> read = reader->ReadTable().ValueOrDie()->CombineChunks().ValueOrDie();
  EXPECT_TRUE(read->ValidateFull().ok());
  EXPECT_EQ(read->num_rows(), 3);
  EXPECT_THAT(read->ColumnNames(), ::testing::ElementsAre("z", "t", "time", "b", "f", "i", "s", "u"));
  const arrow::Schema& schema = *read->schema();
  const auto type = [&](const std::string& name) { return schema.GetFieldByName(name)->type()->ToString(); };
  EXPECT_TRUE(schema.GetFieldByName("t")->type()->Equals(arrow::dictionary(arrow::int32(), arrow::utf8())));
  EXPECT_EQ(type("time"), "timestamp[ns]");
  EXPECT_EQ(type("i"), "int64");
  EXPECT_EQ(type("u"), "uint64");
  EXPECT_EQ(type("s"), "string");
  EXPECT_EQ(type("b"), "bool");
  EXPECT_EQ(type("f"), "double");
  EXPECT_EQ(*schema.metadata()->Get("iox::measurement::name"), "cpu load");
  for (const schema::Column& column : table.schema()->columns())
    EXPECT_EQ(*schema.GetFieldByName(column.name)->metadata()->Get("PARQUET:field_id"),
              std::to_string(column.id.value + 1));
  EXPECT_EQ(*schema.GetFieldByName("t")->metadata()->Get("iox::column::type"), "iox::column_type::tag");
  const auto integers = std::static_pointer_cast<arrow::Int64Array>(read->GetColumnByName("i")->chunk(0));
  EXPECT_EQ(integers->Value(0), 3);  // no tags at all: first
  EXPECT_EQ(integers->Value(1), 2);
  EXPECT_EQ(integers->Value(2), 1);
  const auto tags = std::static_pointer_cast<arrow::DictionaryArray>(read->GetColumnByName("t")->chunk(0));
  EXPECT_TRUE(tags->IsNull(0));
  EXPECT_EQ(std::static_pointer_cast<arrow::StringArray>(tags->dictionary())->GetString(tags->GetValueIndex(2)), "a");

  const auto group = reader->parquet_reader()->metadata()->RowGroup(0);
  ASSERT_EQ(group->sorting_columns().size(), 3U);
  EXPECT_TRUE(group->sorting_columns()[0].nulls_first);
  EXPECT_NE(reader->parquet_reader()->GetPageIndexReader()->RowGroup(0)->GetOffsetIndex(2), nullptr);
}

TEST(Image, LongColumnsOfEveryEncodingComeBack) {
  TableMaker table;
  std::mt19937_64 random(7);
  std::string text;
  for (int row = 0; row < 20'000; ++row) {
    text += "m,t=" + std::to_string(random() % 50) + " small=" + std::to_string(random() % 4) +
            "i,big=" + std::to_string(static_cast<int64_t>(random())) +
            "i,walk=" + std::to_string(row * 3 + static_cast<int>(random() % 2)) +
            "i,few=" + std::to_string(static_cast<double>(random() % 8) / 4) +
            ",noise=" + std::to_string(static_cast<double>(random() % 1'000'000) / 7);
    if (row % 5 == 0) text += ",rare=" + std::to_string(random()) + "u";
    if (row % 3 != 0) text += ",word=\"w" + std::to_string(random() % 30) + "\"";
    if (row % 7 != 0) text += ",unique=\"u" + std::to_string(random()) + "\"";
    text += " " + std::to_string(row) + "\n";
  }
  table.write(text);
  for (const Compression compression : {Compression::kZstd, Compression::kLz4Raw}) {
    ImageOptions options;
    options.compression = compression;
    options.row_group_rows = 7'000;
    const auto image = Image::open(*write_image(*sorted(table), *table.schema(), identity(), options), cache());
    ASSERT_TRUE(image) << image.error().describe();
    EXPECT_TRUE(*read_all(*image, table) == *read_all(sorted(table), table));
  }
}

TEST(Image, DamageIsReportedNotFollowed) {
  TableMaker table;
  write_extremes(table);
  const ImageBytes good = image_bytes(table, 2);
  const auto open = [](std::vector<std::byte> bytes) {
    return Image::open(std::make_shared<const std::vector<std::byte>>(std::move(bytes)), cache());
  };
  for (size_t at = 0; at < good->size(); at += at < good->size() / 2 ? 97 : 5) {
    std::vector<std::byte> flipped = *good;
    flipped[at] ^= std::byte{1} << (at % 8);
    const auto image = open(std::move(flipped));
    ASSERT_FALSE(image) << "at " << at;
    EXPECT_EQ(image.error().code(), ErrorCode::kCorruption);
  }
  for (size_t size = 0; size < good->size(); size += 61) {
    const auto image = open(std::vector<std::byte>(good->begin(), good->begin() + static_cast<ptrdiff_t>(size)));
    ASSERT_FALSE(image) << "of " << size;
    EXPECT_EQ(image.error().code(), ErrorCode::kCorruption);
  }
  std::mt19937 random(3);
  std::vector<std::byte> garbage(5000);
  for (std::byte& byte : garbage) byte = static_cast<std::byte>(random());
  EXPECT_FALSE(open(garbage));
}

// Makes all checksums of a damaged file right again, where they can be found; `good` is the file before.
void seal_again(std::vector<std::byte>& damaged, const ImageBytes& good) {
  const auto end = *read_end(*memory_source(good));
  std::string footer(reinterpret_cast<const char*>(damaged.data()) + end.tail_begin, damaged.size() - end.tail_begin);
  const auto renew = [&](const FilePlace& place) {
    const size_t at = footer.find(checksum_text(place.checksum));
    const std::string text = checksum_text(checksum_of(std::span(damaged).subspan(place.offset, place.bytes)));
    if (at != std::string::npos) footer.replace(at, text.size(), text);
  };
  for (const ColumnChunk& chunk : end.footer.chunks) renew(chunk.place);
  renew(end.footer.series_index);
  std::ranges::copy(std::as_bytes(std::span(footer)), damaged.begin() + static_cast<ptrdiff_t>(end.tail_begin));
  (void)seal(std::span(damaged).subspan(end.tail_begin));
}

TEST(Image, BytesDamagedBeforeTheyWereSealedNeverCrash) {
  TableMaker table;
  write_extremes(table);
  for (int row = 0; row < 300; ++row)
    table.write("m,t=x" + std::to_string(row % 9) + " i=" + std::to_string(row % 5) + "i,s=\"w" +
                std::to_string(row % 3) + "\" " + std::to_string(row) + "\n");
  const ImageBytes good = image_bytes(table, 100);
  std::mt19937 random(11);
  int opened = 0;
  int undecodable = 0;
  for (int round = 0; round < 1'500; ++round) {
    std::vector<std::byte> damaged = *good;
    const int flips = 1 + static_cast<int>(random() % 3);
    for (int i = 0; i < flips; ++i) damaged[random() % damaged.size()] ^= std::byte{1} << (random() % 8);
    seal_again(damaged, good);
    const auto image = Image::open(std::make_shared<const std::vector<std::byte>>(std::move(damaged)), cache());
    if (!image) {
      EXPECT_EQ(image.error().code(), ErrorCode::kCorruption);
      continue;
    }
    ++opened;
    for (size_t group = 0; group < (*image)->row_groups().size(); ++group)
      for (const model::ColumnSummary& summary : (*image)->summaries()) {
        if (summary.type == model::ColumnType::kTag) continue;
        const auto decoded = (*image)->decode(group, summary.column);
        EXPECT_TRUE(decoded || decoded.error().code() == ErrorCode::kCorruption);
        if (!decoded) ++undecodable;
      }
  }
  EXPECT_GT(opened, 0);
  EXPECT_GT(undecodable, 0);
}

TEST(DecodedCache, ForgetsWhatWasUsedLongestAgo) {
  DecodedCache cache_of_two(200);
  int decoded = 0;
  const auto get = [&](uint32_t column) {
    return *cache_of_two.get(1, 0, column, [&]() -> Result<std::shared_ptr<const DecodedColumn>> {
      ++decoded;
      auto made = std::make_shared<DecodedColumn>();
      made->bytes = 100;
      return made;
    });
  };
  get(1);
  get(2);
  get(1);
  get(3);  // 2 goes
  EXPECT_EQ(decoded, 3);
  get(1);
  EXPECT_EQ(decoded, 3);
  get(2);
  EXPECT_EQ(decoded, 4);
  EXPECT_EQ(cache_of_two.statistics().bytes, 200U);
  EXPECT_EQ(cache_of_two.statistics().hits, 2U);
  cache_of_two.forget(1);
  EXPECT_EQ(cache_of_two.statistics().bytes, 0U);
}

TEST(DecodedCache, ErrorsAndOversizedColumnsAreNotKept) {
  DecodedCache small(50);
  EXPECT_FALSE(small.get(
      1, 0, 0, []() -> Result<std::shared_ptr<const DecodedColumn>> { return fail(ErrorCode::kCorruption, "bad"); }));
  EXPECT_TRUE(small.get(1, 0, 0, []() -> Result<std::shared_ptr<const DecodedColumn>> {
    auto made = std::make_shared<DecodedColumn>();
    made->bytes = 100;
    return made;
  }));
  EXPECT_EQ(small.statistics().bytes, 0U);
}

}  // namespace
}  // namespace magnetite::chunk
