#include "chunk/image_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/sim/sim_disk.h"
#include "chunk/image.h"
#include "chunk/image_parts.h"
#include "chunk/sorted_rows.h"
#include "chunk/stored_image.h"
#include "chunk/testing/image_sources.h"
#include "chunk/testing/reference_table.h"
#include "chunk/testing/table_maker.h"

namespace magnetite::chunk {
namespace {

using testing::ScriptedSource;
using testing::TableMaker;

// Two row groups; the columns together are larger than what opening reads.
TableMaker& table() {
  static TableMaker made = [] {
    TableMaker table;
    std::mt19937_64 random(1);
    std::string text;
    for (int row = 0; row < 10'000; ++row)
      text += "m,t=s" + std::to_string(row % 5) + " a=" + std::to_string(random() % 1'000'000) +
              "i,b=" + std::to_string(static_cast<double>(random())) + ",c=\"" + std::to_string(random()) +
              "\",d=" + std::to_string(random() % 9) + "i " + std::to_string(row) + "\n";
    table.write(text);
    return table;
  }();
  return made;
}

std::vector<std::byte> bytes_of(TableMaker& from, uint64_t row_group_rows) {
  ImageOptions options;
  options.row_group_rows = row_group_rows;
  const OpenSnapshot view = from.chunk().snapshot();
  return **write_image(*sort_rows(view, extend_sort_key({}, view)), *from.schema(),
                       {"db", {}, "part", model::ChunkId{3}, model::ChunkOrder{4}}, options,
                       {WallTime{5}, {}, "partition", "database"});
}

std::shared_ptr<ScriptedSource> source() { return std::make_shared<ScriptedSource>(bytes_of(table(), 6'000)); }
std::shared_ptr<DecodedCache> cache(size_t bytes = 1 << 24) { return std::make_shared<DecodedCache>(bytes); }
std::vector<model::ColumnId> fields() {
  return {table().id("a"), table().id("b"), table().id("c"), table().id("d"), table().id("time"), table().id("t")};
}

testing::Cell cell_of(const Image& image, size_t group, std::string_view column, size_t row) {
  return testing::cell((*image.decode(group, table().id(column)))->vector, row);
}

TEST(ImageSource, OpeningReadsTheEndOnly) {
  const auto from = source();
  const auto image = Image::open(from, cache());
  ASSERT_TRUE(image) << image.error().describe();
  ASSERT_EQ(from->reads.size(), 1U);
  EXPECT_GT(from->reads[0].first, from->bytes.size() / 2);
  EXPECT_EQ((*image)->row_count(), 10'000U);
  EXPECT_EQ((*image)->bytes(), nullptr);
  EXPECT_EQ((*image)->file_bytes(), from->bytes.size());
  EXPECT_LT((*image)->memory_bytes(), from->bytes.size() / 4);
}

TEST(ImageSource, AColumnIsOneReadOfItsOwnBytes) {
  const auto from = source();
  const auto image = *Image::open(from, cache());
  const auto in_memory = *Image::open(std::make_shared<const std::vector<std::byte>>(from->bytes), cache());
  from->reads.clear();
  EXPECT_EQ(cell_of(*image, 1, "a", 17), cell_of(*in_memory, 1, "a", 17));
  ASSERT_EQ(from->reads.size(), 1U);
  EXPECT_LT(from->reads[0].second, 40'000U);
  EXPECT_EQ(cell_of(*image, 1, "a", 18), cell_of(*in_memory, 1, "a", 18));
  EXPECT_EQ(from->reads.size(), 1U);  // decoded already
}

TEST(ImageSource, NeighboursAreFetchedTogether) {
  const auto from = source();
  const auto image = *Image::open(from, cache());
  from->reads.clear();
  ASSERT_TRUE(image->prefetch(0, fields()));
  EXPECT_EQ(from->reads.size(), 1U);
  ASSERT_TRUE(image->prefetch(0, fields()));
  for (const char* column : {"a", "b", "c", "d", "time"}) EXPECT_TRUE(cell_of(*image, 0, column, 5));
  EXPECT_EQ(from->reads.size(), 1U);
}

TEST(ImageSource, WhatTheSourceReportsPassesThrough) {
  const auto from = source();
  from->error = Error(ErrorCode::kUnavailable, "try later");
  EXPECT_EQ(Image::open(from, cache()).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(read_outline(*from).error().code(), ErrorCode::kUnavailable);
  from->error.reset();
  const auto image = *Image::open(from, cache());
  from->error = Error(ErrorCode::kUnavailable, "try later");
  EXPECT_EQ(image->decode(0, table().id("a")).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(image->prefetch(0, fields()).error().code(), ErrorCode::kUnavailable);
  from->error.reset();
  EXPECT_TRUE(image->decode(0, table().id("a")));  // nothing of it was kept
}

TEST(ImageSource, DamageNamesTheFile) {
  const auto from = source();
  const auto image = *Image::open(from, cache());
  from->bytes[100] ^= std::byte{1};  // the first column: the tag; then time
  for (size_t at = 0; at < from->bytes.size() / 2; at += 1'000) from->bytes[at] ^= std::byte{4};
  const auto decoded = image->decode(0, table().id("a"));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(decoded.error().message(), ::testing::HasSubstr("store/file.parquet"));
  EXPECT_EQ(image->prefetch(0, fields()).error().code(), ErrorCode::kCorruption);
}

TEST(ImageSource, EveryFlippedByteIsFoundOrHarmless) {
  TableMaker small;
  small.write("m,t=a x=1i,s=\"one\" 1\nm,t=b x=2i,s=\"two\" 2\nm y=0.5 3\n");
  const std::vector<std::byte> good = bytes_of(small, 2);
  const auto read_all = [&](const std::vector<std::byte>& bytes) -> Result<std::vector<testing::Cell>> {
    MAGNETITE_TRY(const auto image, Image::open(std::make_shared<ScriptedSource>(bytes), cache()));
    std::vector<testing::Cell> cells;
    for (size_t group = 0; group < image->row_groups().size(); ++group)
      for (const model::ColumnSummary& summary : image->summaries()) {
        if (summary.type == model::ColumnType::kTag) continue;
        MAGNETITE_TRY(const auto decoded, image->decode(group, summary.column));
        for (size_t row = 0; row < decoded->rows; ++row) cells.push_back(testing::cell(decoded->vector, row));
      }
    return cells;
  };
  const auto expected = *read_all(good);
  for (size_t at = 0; at < good.size(); ++at) {
    std::vector<std::byte> flipped = good;
    flipped[at] ^= std::byte{1} << (at % 8);
    const auto cells = read_all(flipped);
    if (cells)
      EXPECT_EQ(*cells, expected) << "at " << at;
    else
      EXPECT_EQ(cells.error().code(), ErrorCode::kCorruption) << "at " << at;
    const Result<> verified = verify_image(ScriptedSource(flipped));
    ASSERT_FALSE(verified) << "at " << at;
    EXPECT_EQ(verified.error().code(), ErrorCode::kCorruption);
  }
  for (size_t size = 0; size < good.size(); size += 7)
    EXPECT_EQ(read_all({good.begin(), good.begin() + static_cast<ptrdiff_t>(size)}).error().code(),
              ErrorCode::kCorruption);
  EXPECT_TRUE(verify_image(ScriptedSource(good)));
}

TEST(ImageSource, TheFooterTellsWithoutTheRest) {
  const auto from = source();
  const auto outline = read_outline(*from);
  ASSERT_TRUE(outline) << outline.error().describe();
  const ImageFooterFacts* const facts = &outline->facts;
  EXPECT_EQ(outline->columns.size(), table().schema()->columns().size());
  for (const schema::Column& column : outline->columns) EXPECT_EQ(column, table().schema()->column(column.id));
  EXPECT_NE(outline->checksum, 0U);
  EXPECT_EQ(facts->table, "m");
  EXPECT_EQ(facts->identity.chunk, model::ChunkId{3});
  EXPECT_EQ(facts->identity.order, model::ChunkOrder{4});
  EXPECT_EQ(facts->closing, (ClosingFacts{WallTime{5}, {}, "partition", "database"}));
  EXPECT_EQ(facts->rows, 10'000U);
  EXPECT_EQ(facts->times, (model::TimeRange{0, 9'999}));
  EXPECT_EQ(from->reads.size(), 1U);
}

TEST(ImageSource, UnloadingAndLoadingBackKeepWhatWasDecoded) {
  const auto from = source();
  const auto bytes = std::make_shared<const std::vector<std::byte>>(from->bytes);
  const auto decoded = cache();
  auto image = *Image::open(bytes, decoded);
  const size_t loaded_bytes = image->memory_bytes();
  const auto column = *image->decode(0, table().id("a"));
  auto unloaded = image->with_source(from);
  ASSERT_TRUE(unloaded);
  image.reset();
  EXPECT_EQ((*unloaded)->memory_bytes(), loaded_bytes - bytes->size());
  EXPECT_EQ(*(*unloaded)->decode(0, table().id("a")), column);
  EXPECT_TRUE(from->reads.empty());
  const auto loaded = (*unloaded)->with_bytes(bytes);
  ASSERT_TRUE(loaded);
  EXPECT_EQ((*loaded)->memory_bytes(), loaded_bytes);
  EXPECT_EQ(*(*loaded)->decode(0, table().id("a")), column);
  EXPECT_TRUE(from->reads.empty());
}

TEST(ImageSource, AJobLeavesTheCacheAsItWas) {
  const auto from = source();
  const auto decoded = cache();
  const auto image = *Image::open(from, decoded);
  const auto column = *image->decode(0, table().id("a"));
  const size_t bytes = decoded->statistics().bytes;
  const auto once = image->for_one_pass();
  from->reads.clear();
  EXPECT_EQ(*once->decode(0, table().id("a")), column);
  EXPECT_TRUE(from->reads.empty());
  ASSERT_TRUE(once->decode(0, table().id("b")));
  EXPECT_EQ(from->reads.size(), 1U);
  EXPECT_EQ(decoded->statistics().bytes, bytes);
}

TEST(ImageSource, BytesOfAnotherImageAreRefused) {
  const auto from = source();
  const auto image = *Image::open(from, cache());
  auto other = std::make_shared<std::vector<std::byte>>(from->bytes);
  (*other)[1'000] ^= std::byte{1};
  EXPECT_EQ(image->with_bytes(other).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(image->with_bytes(std::make_shared<std::vector<std::byte>>(bytes_of(table(), 5'000))).error().code(),
            ErrorCode::kCorruption);
  EXPECT_EQ(image->with_source(std::make_shared<ScriptedSource>(std::vector<std::byte>(7))).error().code(),
            ErrorCode::kInvalidInput);
}

TEST(ImageSource, AScratchFileServesAsWell) {
  sim::SimDisk disk;
  const std::vector<std::byte> bytes = bytes_of(table(), 6'000);
  {
    const auto file = *disk.open("scratch", OpenMode::kCreate);
    FileSink sink(*file);
    std::span<const std::byte> rest(bytes);
    for (size_t piece = 1; !rest.empty(); piece = piece * 3 + 1) {
      const size_t count = std::min(piece, rest.size());
      ASSERT_TRUE(sink.append(rest.first(count)));
      rest = rest.subspan(count);
    }
    ASSERT_TRUE(sink.finish());
  }
  const auto from = file_source(*disk.open("scratch", OpenMode::kRead), "scratch");
  ASSERT_TRUE(from);
  EXPECT_TRUE(verify_image(**from));
  EXPECT_EQ((*Image::open(*from, cache()))->row_count(), 10'000U);
}

TEST(StoredImage, OpensWhenAskedAndAgainWhenItWasShed) {
  const auto decoded = cache();
  const auto first_source = source();
  const auto second_source = source();
  const size_t one = (*Image::open(first_source, decoded))->memory_bytes();
  first_source->reads.clear();
  const auto footers = std::make_shared<FooterCache>(one + one / 2);
  const StoredImage first(first_source, footers, decoded);
  const StoredImage second(second_source, footers, decoded);
  EXPECT_TRUE(first_source->reads.empty());
  const auto column = *(*first.image())->decode(0, table().id("a"));
  ASSERT_TRUE(first.image());
  EXPECT_EQ(first_source->reads.size(), 2U);  // end, column
  ASSERT_TRUE(second.image());                // sheds the first
  EXPECT_LE(footers->statistics().bytes, one + one / 2);
  const auto again = first.image();
  ASSERT_TRUE(again);
  EXPECT_EQ(first_source->reads.size(), 3U);
  EXPECT_EQ(*(*again)->decode(0, table().id("a")), column);  // outlived the footer
  EXPECT_EQ(first_source->reads.size(), 3U);
}

TEST(StoredImage, GoesOnWithWhatAnImageKnows) {
  const auto from = source();
  const auto footers = std::make_shared<FooterCache>(1 << 20);
  auto image = *Image::open(std::make_shared<const std::vector<std::byte>>(from->bytes), cache());
  const auto column = *image->decode(0, table().id("a"));
  {
    const auto stored = StoredImage::of(*image, from, footers);
    ASSERT_TRUE(stored);
    image.reset();
    EXPECT_EQ(*(*(*stored)->image())->decode(0, table().id("a")), column);
    EXPECT_TRUE(from->reads.empty());
  }
  EXPECT_EQ(footers->statistics().bytes, 0U);
}

TEST(StoredImage, AFailureIsNotKept) {
  const auto from = source();
  const StoredImage stored(from, std::make_shared<FooterCache>(1 << 20), cache());
  from->error = Error(ErrorCode::kUnavailable, "try later");
  EXPECT_EQ(stored.image().error().code(), ErrorCode::kUnavailable);
  from->error.reset();
  EXPECT_TRUE(stored.image());
}

}  // namespace
}  // namespace magnetite::chunk
