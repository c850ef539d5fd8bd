#include "schema/arrow_schema.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

#include <array>

namespace magnetite::schema {
namespace {

using model::ColumnId;
using model::ColumnType;

constexpr std::array kTypes = {ColumnType::kTag,      ColumnType::kFloat,  ColumnType::kInteger,
                               ColumnType::kUnsigned, ColumnType::kString, ColumnType::kBoolean};

std::shared_ptr<const TableSchema> every_type() {
  std::vector<ColumnWish> wishes;
  for (const ColumnType type : kTypes) wishes.push_back({std::string(to_string(type)), type});
  return TableSchema("cpu").extend(wishes, 100).value();
}

TEST(ArrowSchema, ColumnsComeInTheOrderAskedWithTheirMetadata) {
  const std::array columns = {ColumnId{2}, ColumnId{0}, ColumnId{1}};
  const auto schema = arrow_schema(*every_type(), columns, true);
  EXPECT_EQ(schema->field_names(), (std::vector<std::string>{"float", "time", "tag"}));
  EXPECT_EQ(schema->metadata()->Get("iox::measurement::name").ValueOrDie(), "cpu");
  EXPECT_EQ(schema->field(0)->metadata()->Get("iox::column::type").ValueOrDie(), "iox::column_type::field::float");
  EXPECT_EQ(schema->field(0)->metadata()->Get("PARQUET:field_id").ValueOrDie(), "3");
  EXPECT_EQ(schema->field(1)->metadata()->Get("iox::column::type").ValueOrDie(), "iox::column_type::timestamp");
  EXPECT_EQ(schema->field(1)->metadata()->Get("PARQUET:field_id").ValueOrDie(), "1");
}

TEST(ArrowSchema, TypesAreThoseOfInfluxDb) {
  const auto all = every_type();
  const auto schema = arrow_schema(*all, all->columns_by_name(), true);
  const auto type = [&](const std::string& name) { return schema->GetFieldByName(name)->type()->ToString(); };
  EXPECT_EQ(type("tag"), "dictionary<values=string, indices=int32, ordered=0>");
  EXPECT_EQ(type("float"), "double");
  EXPECT_EQ(type("integer"), "int64");
  EXPECT_EQ(type("unsigned"), "uint64");
  EXPECT_EQ(type("string"), "string");
  EXPECT_EQ(type("boolean"), "bool");
  EXPECT_EQ(type("time"), "timestamp[ns]");
  EXPECT_EQ(arrow_type(ColumnType::kTag, false)->ToString(), "string");
}

TEST(ArrowSchema, OnlyTimeIsNeverNull) {
  const auto all = every_type();
  const auto schema = arrow_schema(*all, all->columns_by_name(), false);
  for (const auto& field : schema->fields()) EXPECT_EQ(field->nullable(), field->name() != "time");
}

TEST(ArrowSchema, TypeNamesRoundTrip) {
  for (const ColumnType type : kTypes) EXPECT_EQ(parse_influx_type_name(influx_type_name(type)).value(), type);
  EXPECT_EQ(parse_influx_type_name(influx_type_name(ColumnType::kTime)).value(), ColumnType::kTime);
  EXPECT_EQ(parse_influx_type_name("iox::column_type::i64").error().code(), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace magnetite::schema
