#include "database/staged_chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chunk/sorted_rows.h"
#include "chunk/testing/table_maker.h"

namespace magnetite::database {
namespace {

using query::ChunkStorage;
using testing::HasSubstr;

std::shared_ptr<chunk::OpenChunk> open_rows() {
  chunk::testing::TableMaker maker;
  maker.start_chunk();
  auto dictionary = std::make_shared<chunk::SeriesDictionary>();
  auto rows =
      std::make_shared<chunk::OpenChunk>(model::ChunkId{7}, model::ChunkOrder{3}, std::move(dictionary), WallTime{5});
  return rows;
}

std::shared_ptr<const chunk::Image> image() {
  chunk::testing::TableMaker maker;
  maker.write("m,t=a v=1 10\nm,t=a v=2 20\n");
  const chunk::OpenSnapshot view = maker.chunk().snapshot();
  const auto sorted = chunk::sort_rows(view, chunk::extend_sort_key({}, view));
  auto bytes =
      chunk::write_image(*sorted, *maker.schema(), {"db", {}, "p", model::ChunkId{7}, model::ChunkOrder{3}}, {});
  return *chunk::Image::open(*std::move(bytes), std::make_shared<chunk::DecodedCache>(1 << 20));
}

std::shared_ptr<const chunk::StoredImage> stored_image() {
  return *chunk::StoredImage::of(*image(), chunk::memory_source(image()->bytes()),
                                 std::make_shared<chunk::FooterCache>(1 << 20));
}

const StoredFacts kStored{"x.parquet", nullptr, 100, 2, {10, 20}};

model::ChunkAddress address() { return {"db", "cpu", "p", model::ChunkId{7}}; }

StagedChunk in_stage(ChunkStorage storage) {
  switch (storage) {
    case ChunkStorage::kOpenMutableBuffer:
      return {address(), model::ChunkOrder{3}, StagedChunk::Open{open_rows()}};
    case ChunkStorage::kClosedMutableBuffer: {
      StagedChunk chunk = in_stage(ChunkStorage::kOpenMutableBuffer);
      EXPECT_TRUE(chunk.close(WallTime{9}));
      return chunk;
    }
    case ChunkStorage::kReadBuffer:
      return {address(), model::ChunkOrder{3}, StagedChunk::InMemory{image()}};
    case ChunkStorage::kReadBufferAndObjectStore:
      return {address(), model::ChunkOrder{3}, StagedChunk::Persisted{image(), kStored}};
    case ChunkStorage::kObjectStoreOnly:
      return {address(), model::ChunkOrder{3}, StagedChunk::Unloaded{stored_image(), kStored}};
  }
  return in_stage(ChunkStorage::kOpenMutableBuffer);
}

constexpr ChunkStorage kStages[] = {ChunkStorage::kOpenMutableBuffer, ChunkStorage::kClosedMutableBuffer,
                                    ChunkStorage::kReadBuffer, ChunkStorage::kReadBufferAndObjectStore,
                                    ChunkStorage::kObjectStoreOnly};

// One row per stage: what each edge leads to; nothing = refused.
struct Row {
  ChunkStorage from;
  std::optional<ChunkStorage> close, moving, persisting, compacting, unload;
};
const Row kTable[] = {
    {ChunkStorage::kOpenMutableBuffer,
     ChunkStorage::kClosedMutableBuffer,
     ChunkStorage::kClosedMutableBuffer,
     ChunkStorage::kClosedMutableBuffer,
     ChunkStorage::kClosedMutableBuffer,
     {}},
    {ChunkStorage::kClosedMutableBuffer,
     ChunkStorage::kClosedMutableBuffer,
     ChunkStorage::kClosedMutableBuffer,
     ChunkStorage::kClosedMutableBuffer,
     ChunkStorage::kClosedMutableBuffer,
     {}},
    {ChunkStorage::kReadBuffer,
     ChunkStorage::kReadBuffer,
     {},
     ChunkStorage::kReadBuffer,
     ChunkStorage::kReadBuffer,
     {}},
    {ChunkStorage::kReadBufferAndObjectStore,
     {},
     {},
     {},
     ChunkStorage::kReadBufferAndObjectStore,
     ChunkStorage::kObjectStoreOnly},
    {ChunkStorage::kObjectStoreOnly, {}, {}, {}, ChunkStorage::kObjectStoreOnly, {}},
};

TEST(StagedChunk, EveryEdgeFromEveryStage) {
  for (const Row& row : kTable) {
    const auto expect = [&](std::string_view edge, const std::optional<ChunkStorage>& to, auto&& apply) {
      StagedChunk chunk = in_stage(row.from);
      const Result<> done = apply(chunk);
      SCOPED_TRACE(std::string(edge) + " from " + std::string(query::to_string(row.from)));
      EXPECT_EQ(done.has_value(), to.has_value());
      EXPECT_EQ(chunk.storage(), to.value_or(row.from));
      if (!to) {
        EXPECT_EQ(done.error().code(), ErrorCode::kFailedPrecondition);
        EXPECT_THAT(done.error().message(), HasSubstr("wrong chunk lifecycle"));
        EXPECT_EQ(chunk.action(), LifecycleAction::kNone);
      }
    };
    expect("close", row.close, [](StagedChunk& chunk) { return chunk.close(WallTime{9}); });
    expect("moving", row.moving, [](StagedChunk& chunk) { return chunk.begin(LifecycleAction::kMoving, WallTime{9}); });
    expect("persisting", row.persisting,
           [](StagedChunk& chunk) { return chunk.begin(LifecycleAction::kPersisting, WallTime{9}); });
    expect("compacting", row.compacting,
           [](StagedChunk& chunk) { return chunk.begin(LifecycleAction::kCompacting, WallTime{9}); });
    expect("unload", row.unload, [](StagedChunk& chunk) { return chunk.unload(stored_image()); });
  }
}

TEST(StagedChunk, ClosingKeepsTheTimeOfTheFirstClose) {
  StagedChunk chunk = in_stage(ChunkStorage::kOpenMutableBuffer);
  ASSERT_TRUE(chunk.close(WallTime{9}));
  ASSERT_TRUE(chunk.close(WallTime{11}));
  EXPECT_EQ(chunk.times().closed, WallTime{9});
  EXPECT_EQ(chunk.times().first_write, WallTime{5});
}

TEST(StagedChunk, AnActionExcludesEveryOtherAndDropping) {
  for (const ChunkStorage stage : kStages) {
    StagedChunk chunk = in_stage(stage);
    EXPECT_TRUE(chunk.check_drop());
    ASSERT_TRUE(chunk.begin(LifecycleAction::kCompacting, WallTime{9}));
    const auto second = chunk.begin(LifecycleAction::kPersisting, WallTime{9});
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message(), HasSubstr("Compacting"));
    EXPECT_FALSE(chunk.check_drop());
    EXPECT_FALSE(chunk.end(LifecycleAction::kPersisting));
    ASSERT_TRUE(chunk.end(LifecycleAction::kCompacting));
    EXPECT_FALSE(chunk.end(LifecycleAction::kCompacting)) << "nothing runs any more";
    EXPECT_TRUE(chunk.check_drop());
  }
}

TEST(StagedChunk, AMovedChunkHoldsItsImage) {
  StagedChunk chunk = in_stage(ChunkStorage::kOpenMutableBuffer);
  EXPECT_FALSE(chunk.moved(image())) << "not closed";
  ASSERT_TRUE(chunk.begin(LifecycleAction::kMoving, WallTime{9}));
  ASSERT_TRUE(chunk.moved(image()));
  EXPECT_EQ(chunk.storage(), ChunkStorage::kReadBuffer);
  EXPECT_EQ(chunk.action(), LifecycleAction::kNone);
  EXPECT_EQ(chunk.rows(), 2u);
  EXPECT_EQ(chunk.row_times(), (model::TimeRange{10, 20}));
  EXPECT_EQ(chunk.times().closed, WallTime{9});
}

TEST(StagedChunk, UnloadedAndLoadedAgainItKeepsItsObject) {
  StagedChunk chunk = in_stage(ChunkStorage::kReadBufferAndObjectStore);
  ASSERT_TRUE(chunk.unload(stored_image()));
  EXPECT_EQ(chunk.stored()->name, "x.parquet");
  EXPECT_FALSE(chunk.unpersisted());
  ASSERT_TRUE(chunk.load(image()));
  EXPECT_EQ(chunk.storage(), ChunkStorage::kReadBufferAndObjectStore);
  EXPECT_EQ(chunk.stored()->name, "x.parquet");
  EXPECT_FALSE(chunk.load(image()));
}

}  // namespace
}  // namespace magnetite::database
