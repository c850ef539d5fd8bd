#include "catalog/record.h"

#include "catalog/testing/fixture.h"

namespace magnetite::catalog {
namespace {

using namespace testing;

RecordHeader header() {
  RecordHeader header;
  header.revision = 3;
  header.written_at = {-5};
  header.database = uuid(1);
  header.writer = uuid(2);
  header.transaction = uuid(3);
  header.previous = uuid(4);
  return header;
}

Transaction every_action() {
  AddFile extreme = add("x\n%/", UINT64_MAX);
  extreme.file.times = {INT64_MIN, INT64_MAX};
  extreme.file.row_count = UINT64_MAX;
  return {{kLog, AddColumns{"cpu", {{{1}, "host", model::ColumnType::kTag}, {{7}, "load", model::ColumnType::kFloat}}},
           SetSortKey{"cpu", {{1}}}, add("a"), extreme, removal(add("a")), AdvancePartition{partition_at(4)}},
          database_at(4)};
}

std::shared_ptr<const State> some_state() {
  StateEditor editor(empty_state(uuid(1)));
  EXPECT_TRUE(editor
                  .apply({{kLog, AddColumns{"cpu", {{{1}, "host", model::ColumnType::kTag}}}, SetSortKey{"cpu", {{1}}},
                           add("a", 1), add("b", 2), add("c", 3, "mem"), AdvancePartition{partition_at(4)}},
                          database_at(4)})
                  .has_value());
  return std::move(editor).finish(3, uuid(3));
}

TEST(Record, TransactionSurvivesARoundTrip) {
  const auto bytes = encode(header(), every_action());
  EXPECT_EQ(decode_header(bytes).value(), header());
  EXPECT_EQ(decode_transaction(bytes).value(), every_action());
  EXPECT_EQ(decode_transaction(encode(header(), Transaction{})).value(), Transaction{});
}

TEST(Record, CheckpointSurvivesARoundTrip) {
  const auto state = some_state();
  const auto bytes = encode(header(), *state);
  const auto decoded = decode_checkpoint(bytes).value();
  EXPECT_EQ(encode(header(), *decoded), bytes);
  EXPECT_EQ(decoded->revision, 3U);
  EXPECT_EQ(decoded->file_count, 3U);
  EXPECT_EQ(paths(*decoded), paths(*state));
  EXPECT_EQ(decoded->find("cpu")->find("2026-01-01")->checkpoint, partition_at(4));
  EXPECT_EQ(decoded->checkpoint, database_at(4));
}

TEST(Record, EveryFlippedBitIsFound) {
  for (auto bytes : {encode(header(), every_action()), encode(header(), *some_state())}) {
    for (size_t i = 0; i < bytes.size(); ++i)
      for (int bit = 0; bit < 8; ++bit) {
        bytes[i] ^= std::byte{1} << bit;
        EXPECT_EQ(decode_header(bytes).error().code(), ErrorCode::kCorruption) << i;
        EXPECT_FALSE(decode_transaction(bytes).has_value());
        EXPECT_FALSE(decode_checkpoint(bytes).has_value());
        bytes[i] ^= std::byte{1} << bit;
      }
    for (size_t size = 0; size < bytes.size(); ++size)
      EXPECT_EQ(decode_header(std::span(bytes).first(size)).error().code(), ErrorCode::kCorruption);
  }
}

TEST(Record, TheOtherKindIsRefused) {
  EXPECT_EQ(decode_checkpoint(encode(header(), Transaction{})).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(decode_transaction(encode(header(), *some_state())).error().code(), ErrorCode::kCorruption);
}

// Names as of a fleet of hosts: 100,000 files are to fit in tens of megabytes.
TEST(Record, AFileTakesAtMost512Bytes) {
  AddFile action{"cpu", "2026-01-01", file(new_file_path("cpu", "2026-01-01", {4'000'000'000}), UINT64_MAX / 2)};
  action.file.times = {INT64_MIN / 2, INT64_MAX / 2};
  action.file.row_count = 100'000'000;
  action.file.size_bytes = 1'000'000'000;
  action.file.first_series = std::string(kSeriesKeyBytesMax, 'a');
  action.file.last_series = std::string(kSeriesKeyBytesMax, 'z');
  persistence::PartitionCheckpoint checkpoint = partition_at(UINT64_MAX);
  EXPECT_LE(encoded_bytes(action) + encoded_bytes(AdvancePartition{checkpoint}), 512U);
}

TEST(Layout, FileNamesAreUniqueForOneChunkAddress) {
  EXPECT_NE(new_file_path("cpu", "day", {1}), new_file_path("cpu", "day", {1}));
}

// Names that need encoding, or are longer than file systems allow, come back as the same object.
TEST(Layout, AnyNamesMakeAPathThatFindsItsObject) {
  const ObjectPath folder{{"1", "db", "uuid"}};
  for (const std::string& name :
       {std::string("a/b%"), std::string(), std::string("."), std::string("a\n\0b", 4), std::string(70'000, '/')}) {
    const std::string path = new_file_path(name, name, {1});
    const ObjectPath object = file_object(folder, path).value();
    EXPECT_EQ(file_path_of(folder, object), path);
    EXPECT_EQ(ObjectPath::parse(object.text()).value(), object);
    for (const std::string& part : object.parts()) EXPECT_LE(ObjectPath({part}).text().size(), 255U);
  }
}

}  // namespace
}  // namespace magnetite::catalog
