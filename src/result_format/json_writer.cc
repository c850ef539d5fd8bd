#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cstring>

#include "result_format/column_text.h"
#include "result_format/text_room.h"
#include "result_format/writers.h"

namespace magnetite::result_format {
namespace {

char* write_text(std::string_view text, char* at) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

}  // namespace

JsonWriter::JsonWriter(const arrow::Schema& schema, bool lines) : lines_(lines) {
  for (const auto& field : schema.fields()) {
    std::string key = ",";
    append_json_text(field->name(), key);
    key += ':';
    keys_bytes_ += key.size() + BlockText::kBlock;
    keys_.emplace_back(key);
    first_keys_.emplace_back(std::string_view(key).substr(1));
  }
}

Result<> JsonWriter::begin(std::string& out) {
  if (!lines_) out += '[';
  return {};
}

Result<> JsonWriter::add(const arrow::RecordBatch& batch, std::string& out) {
  std::vector<ColumnText> columns;
  columns.reserve(static_cast<size_t>(batch.num_columns()));
  for (const auto& column : batch.columns()) columns.emplace_back(*column);
  // Of a row, without the text of its strings; generous for row brackets.
  const size_t row_bytes = keys_bytes_ + columns.size() * (ColumnText::kPlainBytesMax + 2) + 8;

  TimeText time_text;
  TextRoom room(out);
  std::string other;
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    size_t strings = 0;
    for (const ColumnText& column : columns)
      if (column.kind() == ColumnText::Kind::kString) strings += column.string_bytes(row, 1);
    char* at = room.need(row_bytes + strings);
    if (!lines_ && !first_row_) *at++ = ',';
    first_row_ = false;
    *at++ = '{';
    bool first_cell = true;
    for (size_t i = 0; i < columns.size(); ++i) {
      const ColumnText& column = columns[i];
      if (column.is_null(row)) continue;
      at = (first_cell ? first_keys_ : keys_)[i].write(at);
      first_cell = false;
      switch (column.kind()) {
        case ColumnText::Kind::kString: {
          *at = '"';
          char* const end = copy_if_plain_json(column.string(row), at + 1);
          if (end == nullptr) [[unlikely]]
            break;
          *end = '"';
          at = end + 1;
          continue;
        }
        case ColumnText::Kind::kTime:
          *at++ = '"';
          at = column.write_plain(row, time_text, at);
          *at++ = '"';
          continue;
        case ColumnText::Kind::kDouble:
        case ColumnText::Kind::kFloat:
          at = column.is_finite(row) ? column.write_plain(row, time_text, at) : write_text("null", at);
          continue;
        case ColumnText::Kind::kOther:
          break;
        default:
          at = column.write_plain(row, time_text, at);
          continue;
      }
      other.clear();
      column.append_json(row, other);
      room.done(at);
      at = write_text(other, room.need(other.size() + row_bytes + strings));
    }
    *at++ = '}';
    if (lines_) *at++ = '\n';
    room.done(at);
  }
  return {};
}

Result<> JsonWriter::end(std::string& out) {
  if (!lines_) out += ']';
  return {};
}

}  // namespace magnetite::result_format
