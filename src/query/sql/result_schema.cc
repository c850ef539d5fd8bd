#include "query/sql/result_schema.h"

#include <arrow/compute/cast.h>
#include <arrow/compute/initialize.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <re2/re2.h>

#include "schema/arrow_schema.h"

namespace magnetite::query::sql {
namespace {

// The only table a plain statement reads, or nullptr.
std::shared_ptr<const schema::TableSchema> single_table(const ResultSchemaHints& hints) {
  static const re2::RE2 from(R"re((?is)\bfrom\s+(?:iox\.)?(?:"((?:[^"]|"")+)"|([A-Za-z_][\w$]*)))re");
  static const re2::RE2 several(R"re((?is)\bjoin\b|\bunion\b|\bfrom\b.*\bfrom\b|\bwith\b)re");
  std::string quoted, bare;
  if (hints.source == nullptr || re2::RE2::PartialMatch(hints.sql, several) ||
      !re2::RE2::PartialMatch(hints.sql, from, &quoted, &bare))
    return nullptr;
  return hints.source->table_schema(quoted.empty() ? bare : quoted);
}

std::shared_ptr<arrow::DataType> result_type(const std::shared_ptr<arrow::DataType>& raw) {
  switch (raw->id()) {
    case arrow::Type::DECIMAL128: {
      // DuckDB sums integers as HUGEINT, which Arrow knows as decimal(38, 0).
      const auto& decimal = static_cast<const arrow::DecimalType&>(*raw);
      return decimal.precision() == 38 && decimal.scale() == 0 ? arrow::int64() : raw;
    }
    case arrow::Type::DICTIONARY:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::LARGE_STRING:
      return arrow::utf8();
    case arrow::Type::NA:
      return arrow::utf8();
    case arrow::Type::TIMESTAMP:
      return arrow::timestamp(arrow::TimeUnit::NANO);
    default:
      return raw;
  }
}

std::string_view influx_type(const arrow::Field& field, const std::shared_ptr<arrow::DataType>& type,
                             const schema::TableSchema* table) {
  if (table != nullptr)
    if (const schema::Column* column = table->find(field.name())) return schema::influx_type_name(column->type);
  switch (type->id()) {
    case arrow::Type::TIMESTAMP:
      return field.name() == "time" ? "iox::column_type::timestamp" : "";
    case arrow::Type::DOUBLE:
      return "iox::column_type::field::float";
    case arrow::Type::INT64:
      return "iox::column_type::field::integer";
    case arrow::Type::UINT64:
      return "iox::column_type::field::uinteger";
    case arrow::Type::STRING:
      return "iox::column_type::field::string";
    case arrow::Type::BOOL:
      return "iox::column_type::field::boolean";
    default:
      return "";
  }
}

}  // namespace

std::shared_ptr<arrow::Schema> result_schema(const arrow::Schema& raw, const ResultSchemaHints& hints) {
  const std::shared_ptr<const schema::TableSchema> table = single_table(hints);
  arrow::FieldVector fields;
  for (const auto& field : raw.fields()) {
    const std::shared_ptr<arrow::DataType> type = result_type(field->type());
    const std::string_view name = influx_type(*field, type, table.get());
    auto metadata = name.empty() ? nullptr : arrow::key_value_metadata({"iox::column::type"}, {std::string(name)});
    fields.push_back(arrow::field(field->name(), type, true, std::move(metadata)));
  }
  return arrow::schema(std::move(fields));
}

Result<std::shared_ptr<arrow::RecordBatch>> to_result_schema(const arrow::RecordBatch& batch,
                                                             const std::shared_ptr<arrow::Schema>& schema) {
  static const arrow::Status initialized = arrow::compute::Initialize();
  if (!initialized.ok()) return fail(ErrorCode::kInternal, initialized.ToString());
  arrow::ArrayVector columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    const std::shared_ptr<arrow::Array>& column = batch.column(i);
    if (column->type()->Equals(*schema->field(i)->type())) {
      columns.push_back(column);
      continue;
    }
    auto cast = arrow::compute::Cast(*column, schema->field(i)->type());
    if (!cast.ok())
      return fail(ErrorCode::kInvalidInput, fmt::format("column '{}' has a value that does not fit its type: {}",
                                                        schema->field(i)->name(), cast.status().message()));
    columns.push_back(*cast);
  }
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

}  // namespace magnetite::query::sql
