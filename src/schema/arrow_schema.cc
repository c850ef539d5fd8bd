#include "schema/arrow_schema.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

namespace magnetite::schema {

using model::ColumnType;

std::shared_ptr<arrow::DataType> arrow_type(ColumnType type, bool dictionary_tags) {
  switch (type) {
    case ColumnType::kTag:
      return dictionary_tags ? arrow::dictionary(arrow::int32(), arrow::utf8()) : arrow::utf8();
    case ColumnType::kFloat:
      return arrow::float64();
    case ColumnType::kInteger:
      return arrow::int64();
    case ColumnType::kUnsigned:
      return arrow::uint64();
    case ColumnType::kString:
      return arrow::utf8();
    case ColumnType::kBoolean:
      return arrow::boolean();
    case ColumnType::kTime:
      return arrow::timestamp(arrow::TimeUnit::NANO);
  }
  return arrow::null();
}

std::shared_ptr<arrow::Schema> arrow_schema(const TableSchema& schema, std::span<const model::ColumnId> columns,
                                            bool dictionary_tags) {
  arrow::FieldVector fields;
  for (const model::ColumnId id : columns) {
    const Column& column = schema.column(id);
    auto metadata =
        arrow::key_value_metadata({"iox::column::type", "PARQUET:field_id"},
                                  {std::string(influx_type_name(column.type)), std::to_string(id.value + 1)});
    fields.push_back(arrow::field(column.name, arrow_type(column.type, dictionary_tags),
                                  column.type != ColumnType::kTime, std::move(metadata)));
  }
  return arrow::schema(std::move(fields), arrow::key_value_metadata({"iox::measurement::name"}, {schema.table()}));
}

std::string_view influx_type_name(ColumnType type) {
  switch (type) {
    case ColumnType::kTag:
      return "iox::column_type::tag";
    case ColumnType::kFloat:
      return "iox::column_type::field::float";
    case ColumnType::kInteger:
      return "iox::column_type::field::integer";
    case ColumnType::kUnsigned:
      return "iox::column_type::field::uinteger";
    case ColumnType::kString:
      return "iox::column_type::field::string";
    case ColumnType::kBoolean:
      return "iox::column_type::field::boolean";
    case ColumnType::kTime:
      return "iox::column_type::timestamp";
  }
  return "";
}

Result<ColumnType> parse_influx_type_name(std::string_view name) {
  for (const ColumnType type : {ColumnType::kTag, ColumnType::kFloat, ColumnType::kInteger, ColumnType::kUnsigned,
                                ColumnType::kString, ColumnType::kBoolean, ColumnType::kTime})
    if (influx_type_name(type) == name) return type;
  return fail(ErrorCode::kCorruption, fmt::format("'{}' is no column type", name));
}

}  // namespace magnetite::schema
