#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cstring>

#include "result_format/column_text.h"
#include "result_format/text_room.h"
#include "result_format/writers.h"

namespace magnetite::result_format {
namespace {

// At most twice the text and two quotes.
char* write_quoted(std::string_view text, char* at) {
  if (!text.empty() && text.find_first_of(",\"\n\r") == std::string_view::npos) {
    std::memcpy(at, text.data(), text.size());
    return at + text.size();
  }
  *at++ = '"';
  for (const char c : text) {
    if (c == '"') *at++ = '"';
    *at++ = c;
  }
  *at++ = '"';
  return at;
}

}  // namespace

Result<> CsvWriter::begin(std::string&) { return {}; }

Result<> CsvWriter::add(const arrow::RecordBatch& batch, std::string& out) {
  TextRoom room(out);
  if (!header_done_) {
    for (int i = 0; i < schema_->num_fields(); ++i) {
      const std::string& name = schema_->field(i)->name();
      char* at = room.need(2 * name.size() + 4);
      if (i > 0) *at++ = ',';
      room.done(write_quoted(name, at));
    }
    char* at = room.need(1);
    *at++ = '\n';
    room.done(at);
    header_done_ = true;
  }
  std::vector<ColumnText> columns;
  columns.reserve(static_cast<size_t>(batch.num_columns()));
  for (const auto& column : batch.columns()) columns.emplace_back(*column);
  TimeText time_text;
  std::string other;
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    for (size_t i = 0; i < columns.size(); ++i) {
      const ColumnText& column = columns[i];
      char* at = room.need(ColumnText::kPlainBytesMax + 2);
      if (i > 0) *at++ = ',';
      room.done(at);
      if (column.is_null(row)) continue;
      std::string_view text;
      if (column.kind() == ColumnText::Kind::kString) {
        text = column.string(row);
      } else if (column.kind() == ColumnText::Kind::kOther) {
        other.clear();
        column.append_text(row, other);
        text = other;
      } else {
        room.done(column.write_plain(row, time_text, at));
        continue;
      }
      at = room.need(2 * text.size() + 3);
      room.done(write_quoted(text, at));
    }
    char* at = room.need(1);
    *at++ = '\n';
    room.done(at);
  }
  return {};
}

Result<> CsvWriter::end(std::string&) { return {}; }

}  // namespace magnetite::result_format
