// What leaves the engine: Arrow types that every client reads, and the field metadata that InfluxDB's clients look for.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "query/table_snapshot.h"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace magnetite::query::sql {

struct ResultSchemaHints {
  const TableSource* source = nullptr;
  std::string_view sql;
};

// HUGEINT sums become int64, enums and other text-like types utf8; `iox::column::type` by the table's columns where the
// statement reads one table, else by type.
std::shared_ptr<arrow::Schema> result_schema(const arrow::Schema& raw, const ResultSchemaHints& hints);

// Casts columns whose type differs. kInvalidInput when a value does not fit.
Result<std::shared_ptr<arrow::RecordBatch>> to_result_schema(const arrow::RecordBatch& batch,
                                                             const std::shared_ptr<arrow::Schema>& schema);

}  // namespace magnetite::query::sql
