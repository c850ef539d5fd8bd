#include "columnar_write/checked_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <unordered_set>

#include "line_protocol/parser.h"
#include "line_protocol/series_name.h"
#include "line_protocol/utf8.h"

namespace magnetite::columnar_write {
namespace {

std::unexpected<Error> bad(const TableBatch& batch, std::string_view what) {
  return fail(ErrorCode::kInvalidInput, fmt::format("table {}: {}", shown(batch.table), what));
}

std::unexpected<Error> bad(const TableBatch& batch, const Column& column, std::string_view what) {
  return fail(ErrorCode::kInvalidInput,
              fmt::format("table {}, column {}: {}", shown(batch.table), shown(column.name), what));
}

struct CountValues {
  size_t operator()(const NoValues&) const { return 0; }
  size_t operator()(const Blobs&) const { return 0; }
  template <class List>
  size_t operator()(const List& list) const {
    return list.size();
  }
};

size_t nulls(std::string_view mask) {
  size_t count = 0;
  for (const char byte : mask) count += static_cast<size_t>(std::popcount(static_cast<uint8_t>(byte)));
  return count;
}

size_t rows_of(const Column& column) { return std::visit(CountValues(), column.values) + nulls(column.null_mask); }

Result<> check_rows(const TableBatch& batch, const Column& column, size_t rows) {
  const size_t bytes = (rows + 7) / 8;
  if (!column.null_mask.empty() && column.null_mask.size() != bytes)
    return bad(batch, column,
               fmt::format("its null mask has {} bytes, {} rows need {}", column.null_mask.size(), rows, bytes));
  if (const size_t own = rows_of(column); own != rows)
    return bad(batch, column, fmt::format("has {} rows, others have {}", own, rows));
  if (column.null_mask.empty()) return {};
  if (column.role == Role::kTime && nulls(column.null_mask) != 0) return bad(batch, column, "every row has a time");
  const auto last = static_cast<uint8_t>(column.null_mask.back());
  if (rows % 8 != 0 && (last & (0xFFu >> rows % 8)) != 0)
    return bad(batch, column, "its null mask has bits set behind the last row");
  return {};
}

Result<> check_type(const TableBatch& batch, const Column& column) {
  if (std::holds_alternative<Blobs>(column.values)) return bad(batch, column, "bytes columns are not supported");
  if (std::holds_alternative<NoValues>(column.values)) return bad(batch, column, "its values have no type");
  if (column.role == Role::kNone) return bad(batch, column, "is neither a tag, a field nor the time");
  if (column.role == Role::kTag && !std::holds_alternative<Strings>(column.values))
    return bad(batch, column, "a tag's values are strings");
  if (column.role != Role::kTime) {
    if (column.name == "time") return bad(batch, column, "only the time column can have this name");
    return {};
  }
  if (column.name != "time") return bad(batch, column, "the time column is called time");
  if (!std::holds_alternative<Integers>(column.values)) return bad(batch, column, "times are 64-bit integers");
  return {};
}

// The parser itself says whether a name comes back.
Result<std::string> field_key(const TableBatch& batch, const Column& column) {
  std::string key;
  for (const char c : column.name) {
    if (std::string_view(",= \\").contains(c)) key += '\\';
    key += c;
  }
  line_protocol::Batch parsed;
  const std::string sample = fmt::format("m {}=t 1", key);
  line_protocol::parse(sample, {}, parsed);
  std::string again;
  if (parsed.fields.size() == 1 && parsed.errors.empty())
    line_protocol::append_unescaped(parsed.fields[0].key.in(sample), line_protocol::Escapes::kKey, again);
  if (again != column.name || again.empty()) return bad(batch, column, "its name cannot be a field's");
  return key + "=";
}

Result<std::string> measurement(const TableBatch& batch) {
  std::string text = line_protocol::canonical_text({std::string(batch.table), {}});
  line_protocol::Batch parsed;
  const std::string sample = text + " f=t 1";
  line_protocol::parse(sample, {.key_bytes_max = kNameBytesMax}, parsed);
  const bool whole = parsed.lines.size() == 1 && parsed.errors.empty() && parsed.lines[0].series.in(sample) == text;
  const auto name = whole ? line_protocol::split_series(text, kNameBytesMax) : fail(ErrorCode::kInvalidInput, "");
  if (!name || name->measurement != batch.table || !name->tags.empty())
    return bad(batch, "its name cannot be a table's");
  return text;
}

Result<> check_names(const TableBatch& batch, Budget& budget) {
  std::unordered_set<std::string_view> names;
  for (const Column& column : batch.columns) {
    if (column.name.empty()) return bad(batch, "a column has no name");
    if (column.name.size() > kNameBytesMax)
      return bad(batch, column, fmt::format("its name has more than {} bytes", kNameBytesMax));
    MAGNETITE_RETURN_IF_ERROR(budget.spend(column.name.size()));
    if (!names.insert(column.name).second) return bad(batch, column, "occurs twice");
  }
  return {};
}

}  // namespace

std::string shown(std::string_view name) { return line_protocol::printable(name, 128); }

Result<> Budget::spend(uint64_t count, uint64_t times) {
  if (times != 0 && count > cells_ / times)
    return fail(ErrorCode::kTooLarge, "too many rows and columns for one write: send it in smaller ones");
  cells_ -= count * times;
  return {};
}

Result<CheckedColumns> check_columns(const TableBatch& batch, Budget& budget) {
  CheckedColumns checked;
  MAGNETITE_RETURN_IF_ERROR(budget.spend(batch.table.size() + 1));
  MAGNETITE_RETURN_IF_ERROR(check_names(batch, budget));
  if (!batch.columns.empty()) {
    MAGNETITE_RETURN_IF_ERROR(budget.spend(batch.columns.front().null_mask.size(), 8));
    checked.rows = rows_of(batch.columns.front());
    MAGNETITE_RETURN_IF_ERROR(budget.spend(checked.rows, batch.columns.size()));
  }
  if (batch.row_count && *batch.row_count != checked.rows)
    return bad(batch, fmt::format("row_count is {}, its columns have {} rows", *batch.row_count, checked.rows));
  MAGNETITE_TRY(checked.measurement, measurement(batch));
  for (const Column& column : batch.columns) {
    MAGNETITE_RETURN_IF_ERROR(check_type(batch, column));
    MAGNETITE_RETURN_IF_ERROR(check_rows(batch, column, checked.rows));
    if (column.role == Role::kTag) checked.tags.push_back(&column);
    if (column.role == Role::kTime) checked.time = &column;
    if (column.role == Role::kField) {
      MAGNETITE_TRY(std::string key, field_key(batch, column));
      checked.fields.push_back({&column, std::move(key)});
    }
  }
  if (checked.rows > 0 && checked.time == nullptr) return bad(batch, "has no time column");
  std::ranges::sort(checked.tags, {}, &Column::name);
  return checked;
}

}  // namespace magnetite::columnar_write
