// A table's schema as Arrow sees it, with the metadata keys that readers of InfluxDB's Parquet files know.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "schema/table_schema.h"

namespace arrow {
class DataType;
class Schema;
}  // namespace arrow

namespace magnetite::schema {

// Tags: utf8 or dictionary(int32, utf8); time: timestamp[ns] without zone, not null; strings utf8; others their width.
std::shared_ptr<arrow::DataType> arrow_type(model::ColumnType type, bool dictionary_tags);

// Columns in the given order; field metadata `iox::column::type`, `PARQUET:field_id` (ColumnId + 1); schema metadata
// `iox::measurement::name`.
std::shared_ptr<arrow::Schema> arrow_schema(const TableSchema& schema, std::span<const model::ColumnId> columns,
                                            bool dictionary_tags);

// The value of `iox::column::type`, e.g. "iox::column_type::field::float".
std::string_view influx_type_name(model::ColumnType type);
Result<model::ColumnType> parse_influx_type_name(std::string_view name);

}  // namespace magnetite::schema
