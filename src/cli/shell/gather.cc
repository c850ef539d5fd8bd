#include "cli/shell/gather.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "cli/shell/statements.h"
#include "result_format/column_text.h"

namespace magnetite::cli::shell {
namespace {

constexpr size_t kObservedRowsMax = 200'000;

std::string sql_type(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return "BOOLEAN";
    case arrow::Type::INT32:
      return "INTEGER";
    case arrow::Type::INT64:
      return "BIGINT";
    case arrow::Type::UINT32:
      return "UINTEGER";
    case arrow::Type::UINT64:
      return "UBIGINT";
    case arrow::Type::DOUBLE:
      return "DOUBLE";
    case arrow::Type::TIMESTAMP:
      return "TIMESTAMP_NS";
    case arrow::Type::TIME64:
      return "TIME_NS";
    default:
      return "VARCHAR";
  }
}

void add_rows(const arrow::RecordBatch& batch, std::vector<std::vector<std::optional<std::string>>>& rows) {
  std::vector<result_format::ColumnText> columns;
  columns.reserve(static_cast<size_t>(batch.num_columns()));
  for (const auto& column : batch.columns()) columns.emplace_back(*column);
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    std::vector<std::optional<std::string>> values(columns.size());
    for (size_t i = 0; i < columns.size(); ++i)
      if (!columns[i].is_null(row)) columns[i].append_text(row, values[i].emplace());
    rows.push_back(std::move(values));
  }
}

}  // namespace

Result<ObservedTable> gather(const Client& client, const std::string& database, const std::string& sql, size_t rows_max,
                             const QueryStream::ShouldEnd& should_end) {
  MAGNETITE_TRY(const std::unique_ptr<QueryStream> stream, QueryStream::start(client, database, sql, should_end));
  ObservedTable table;
  for (const auto& field : stream->schema()->fields())
    table.columns.push_back({field->name(), sql_type(*field->type())});
  while (true) {
    MAGNETITE_TRY(const auto batch, stream->next());
    if (batch == nullptr) return table;
    if (table.rows.size() + static_cast<size_t>(batch->num_rows()) > rows_max)
      return fail(ErrorCode::kTooLarge, fmt::format("more than {} rows", rows_max));
    add_rows(*batch, table.rows);
  }
}

Result<ObservedTable> gather_system_table(const Client& client, const std::vector<std::string>& databases,
                                          std::string_view table, const QueryStream::ShouldEnd& should_end) {
  ObservedTable all{.name = std::string(table), .columns = {}, .rows = {}};
  for (const std::string& database : databases) {
    auto rows = gather(client, database,
                       fmt::format("SELECT {} AS database_name, * FROM system.{}", quoted_text(database), table),
                       kObservedRowsMax - all.rows.size(), should_end);
    if (!rows && rows.error().code() == ErrorCode::kNotFound) continue;
    if (!rows) return std::unexpected(std::move(rows).error().with_context(fmt::format("{} of {}", table, database)));
    all.columns = std::move(rows->columns);
    std::ranges::move(rows->rows, std::back_inserter(all.rows));
  }
  if (all.columns.empty()) return fail(ErrorCode::kNotFound, "there is no database to observe");
  return all;
}

}  // namespace magnetite::cli::shell
