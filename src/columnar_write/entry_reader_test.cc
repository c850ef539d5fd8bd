#include "columnar_write/entry_reader.h"

#include <entry_generated.h>
#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "columnar_write/lines.h"

namespace magnetite::columnar_write {
namespace {

namespace wire = influxdata::iox::write::v1;
using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Columns = std::function<std::vector<Offset<wire::Column>>(FlatBufferBuilder&)>;

std::string finished(FlatBufferBuilder& builder, Offset<wire::Entry> entry) {
  builder.Finish(entry);
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

std::string entry_of(const Columns& columns) {
  FlatBufferBuilder builder;
  const std::vector batches = {wire::CreateTableWriteBatchDirect(builder, "t", nullptr), [&] {
                                 const auto made = columns(builder);
                                 return wire::CreateTableWriteBatchDirect(builder, "t", &made);
                               }()};
  const std::vector partitions = {wire::CreatePartitionWriteDirect(builder, "key", &batches)};
  const auto writes = wire::CreateWriteOperationsDirect(builder, &partitions);
  return finished(builder, wire::CreateEntry(builder, wire::Operation::WriteOperations, writes.Union()));
}

Offset<wire::Column> times(FlatBufferBuilder& builder, const std::vector<int64_t>& values) {
  return wire::CreateColumnDirect(builder, "time", wire::LogicalColumnType::Time, wire::ColumnValues::I64Values,
                                  wire::CreateI64ValuesDirect(builder, &values).Union());
}

std::string two_rows() {
  return entry_of([](FlatBufferBuilder& builder) {
    const std::vector hosts = {builder.CreateString("a"), builder.CreateString("b c")};
    const std::vector<double> numbers = {1.5};
    const std::vector<uint8_t> mask = {0x80};
    const std::vector<uint8_t> booleans = {1, 0};
    const std::vector<uint64_t> unsigneds = {1, 2};
    return std::vector{
        wire::CreateColumnDirect(builder, "host", wire::LogicalColumnType::Tag, wire::ColumnValues::StringValues,
                                 wire::CreateStringValuesDirect(builder, &hosts).Union()),
        wire::CreateColumnDirect(builder, "f", wire::LogicalColumnType::Field, wire::ColumnValues::F64Values,
                                 wire::CreateF64ValuesDirect(builder, &numbers).Union(), &mask),
        wire::CreateColumnDirect(builder, "b", wire::LogicalColumnType::Field, wire::ColumnValues::BoolValues,
                                 wire::CreateBoolValuesDirect(builder, &booleans).Union()),
        wire::CreateColumnDirect(builder, "u", wire::LogicalColumnType::Field, wire::ColumnValues::U64Values,
                                 wire::CreateU64ValuesDirect(builder, &unsigneds).Union()),
        times(builder, {10, 20})};
  });
}

std::string text_of(std::string_view bytes) {
  const auto entry = Entry::read(bytes);
  if (!entry) return entry.error().describe();
  const auto lines = to_lines(entry->batches(), {});
  return lines ? lines->text() : lines.error().describe();
}

constexpr std::string_view kTwoLines = "t,host=a b=t,u=1u 10\nt,host=b\\ c f=1.5,b=f,u=2u 20\n";

TEST(Entry, IsReadWhereverItsBytesLie) {
  const std::string bytes = two_rows();
  for (size_t shift = 0; shift < 9; ++shift) {
    const std::string moved = std::string(shift, 'x') + bytes;
    EXPECT_EQ(text_of(std::string_view(moved).substr(shift)), kTwoLines) << shift;
  }
}

TEST(Entry, OfUnknownColumnTypesIsReadAndRefusedByThePlace) {
  const std::string bytes = entry_of([](FlatBufferBuilder& builder) {
    const std::vector<Offset<wire::BytesValue>> blobs = {wire::CreateBytesValue(builder)};
    return std::vector{
        times(builder, {1}),
        wire::CreateColumnDirect(builder, "blob", wire::LogicalColumnType::Field, wire::ColumnValues::BytesValues,
                                 wire::CreateBytesValuesDirect(builder, &blobs).Union())};
  });
  // A column of which the reader knows no values has no rows either.
  EXPECT_THAT(text_of(bytes), HasSubstr("table t, column blob: "));
}

TEST(Entry, WithoutAnOperationOrWithADeleteIsRefused) {
  FlatBufferBuilder nothing;
  EXPECT_THAT(text_of(finished(nothing, wire::CreateEntry(nothing))), HasSubstr("holds no operation"));
  FlatBufferBuilder deletes;
  const auto none = wire::CreateDeleteOperations(deletes);
  EXPECT_THAT(text_of(finished(deletes, wire::CreateEntry(deletes, wire::Operation::DeleteOperations, none.Union()))),
              HasSubstr("delete operations are not supported"));
  EXPECT_THAT(text_of(""), HasSubstr("the entry is empty"));
}

TEST(Entry, WithoutWritesHasNoRows) {
  FlatBufferBuilder builder;
  const auto none = wire::CreateWriteOperations(builder);
  EXPECT_EQ(text_of(finished(builder, wire::CreateEntry(builder, wire::Operation::WriteOperations, none.Union()))), "");
}

TEST(Entry, DamagedAnywhereIsRefusedOrReadAsSomethingElse) {
  const std::string bytes = two_rows();
  for (size_t at = 0; at < bytes.size(); ++at) {
    // Padding at the end may be missing.
    EXPECT_THAT(text_of(std::string_view(bytes).substr(0, at)), AnyOf(StartsWith("invalid input: "), kTwoLines)) << at;
    for (const char other : {'\x00', '\x01', '\x7f', '\xff'}) {
      std::string damaged = bytes;
      damaged[at] = other;
      static_cast<void>(text_of(damaged));  // the sanitizers judge
    }
  }
}

std::string corpus_file(std::string_view name) {
  std::ifstream file(std::string(MAGNETITE_COLUMNAR_ENTRY_CORPUS) + "/" + std::string(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Entry, OfAnotherBuilderIsRead) {
  EXPECT_EQ(text_of(corpus_file("every_type")),
            "t,region=west i=-1i,u=3u,b=t,s=\"\" 100\nt i=2i,f=0.5,b=f,s=\"a \\\"b\\\"\n\" -5\n");
  EXPECT_THAT(text_of(corpus_file("delete")), HasSubstr("delete operations are not supported"));
}

TEST(Entry, WhoseNumbersAreNotAlignedIsRefused) {
  EXPECT_THAT(text_of(corpus_file("misaligned_numbers")), HasSubstr("numbers are not aligned"));
}

// One column, named many times.
TEST(Entry, ThatRepeatsAPartIsRefused) {
  const std::string bytes = entry_of([](FlatBufferBuilder& builder) {
    const std::vector<int64_t> values(1'000, 7);
    return std::vector(600'000, times(builder, values));
  });
  EXPECT_THAT(text_of(bytes), HasSubstr("the FlatBuffers verifier refuses them"));
}

}  // namespace
}  // namespace magnetite::columnar_write
