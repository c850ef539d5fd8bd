#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cstring>
#include <utility>

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

namespace {

// Adjacent columns of text. In results that are sorted or grouped most rows repeat what the row above has there, all
// the tags of a series for instance: then its text is copied as a whole.
struct TextRun {
  size_t begin = 0;
  size_t end = 0;
  // Of the row above, within the output.
  size_t offset = 0;
  size_t bytes = 0;
  bool begins_row = false;  // without a comma before it
};

std::vector<TextRun> text_runs(const std::vector<ColumnText>& columns) {
  std::vector<TextRun> runs;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].kind() != ColumnText::Kind::kString) continue;
    if (runs.empty() || runs.back().end != i) runs.push_back({.begin = i, .end = i});
    runs.back().end = i + 1;
  }
  return runs;
}

bool repeats_row_above(const std::vector<ColumnText>& columns, const TextRun& run, int64_t row) {
  if (row == 0) return false;
  for (size_t i = run.begin; i < run.end; ++i) {
    if (columns[i].is_null(row) != columns[i].is_null(row - 1)) return false;
    if (columns[i].string(row) != columns[i].string(row - 1)) return false;
  }
  return true;
}

}  // namespace

Result<> JsonWriter::add(const arrow::RecordBatch& batch, std::string& out) {
  std::vector<ColumnText> columns;
  columns.reserve(static_cast<size_t>(batch.num_columns()));
  for (const auto& column : batch.columns()) columns.emplace_back(*column);
  std::vector<TextRun> runs = text_runs(columns);
  // Of a row, without the text of its strings; generous for row brackets.
  const size_t row_bytes = keys_bytes_ + columns.size() * (ColumnText::kPlainBytesMax + 2) + 8;

  TimeText time_text;
  TextRoom room(out);
  std::string other;
  size_t strings = 0;
  bool begins_row = true;
  const auto write_cell = [&](size_t i, int64_t row, char* at) {
    const ColumnText& column = columns[i];
    if (column.is_null(row)) return at;
    at = (begins_row ? first_keys_ : keys_)[i].write(at);
    begins_row = false;
    switch (column.kind()) {
      case ColumnText::Kind::kString: {
        *at = '"';
        char* const end = copy_if_plain_json(column.string(row), at + 1);
        if (end == nullptr) [[unlikely]]
          break;
        *end = '"';
        return end + 1;
      }
      case ColumnText::Kind::kTime:
        *at++ = '"';
        at = column.write_plain(row, time_text, at);
        *at++ = '"';
        return at;
      case ColumnText::Kind::kDouble:
      case ColumnText::Kind::kFloat:
        return column.is_finite(row) ? column.write_plain(row, time_text, at) : write_text("null", at);
      case ColumnText::Kind::kOther:
        break;
      default:
        return column.write_plain(row, time_text, at);
    }
    other.clear();
    column.append_json(row, other);
    room.done(at);
    return write_text(other, room.need(other.size() + row_bytes + strings));
  };

  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    strings = 0;
    for (const TextRun& run : runs)
      for (size_t i = run.begin; i < run.end; ++i) strings += columns[i].string_bytes(row, 1);
    char* at = room.need(row_bytes + strings);
    if (!lines_ && !first_row_) *at++ = ',';
    first_row_ = false;
    *at++ = '{';
    begins_row = true;
    size_t i = 0;
    for (TextRun& run : runs) {
      while (i < run.begin) at = write_cell(i++, row, at);
      if (run.begins_row == begins_row && repeats_row_above(columns, run, row)) {
        room.done(at);
        at = room.need(run.bytes + row_bytes + strings);
        const size_t above = std::exchange(run.offset, room.offset(at));
        at = write_text(std::string_view(out).substr(above, run.bytes), at);
        begins_row = begins_row && run.bytes == 0;
        i = run.end;
        continue;
      }
      run.offset = room.offset(at);
      run.begins_row = begins_row;
      while (i < run.end) at = write_cell(i++, row, at);
      run.bytes = room.offset(at) - run.offset;
    }
    while (i < columns.size()) at = write_cell(i++, row, at);
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
