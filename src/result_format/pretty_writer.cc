#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

#include "result_format/column_text.h"
#include "result_format/writers.h"

namespace magnetite::result_format {
namespace {

constexpr size_t kPrettyBytesMax = 256 << 20;  // held until the widths are known

size_t display_width(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));  // code points
}

// A line break or a tab would tear the table apart.
void append_on_one_line(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace

Result<> PrettyWriter::begin(std::string&) {
  for (const auto& field : schema_->fields()) widths_.push_back(display_width(field->name()));
  return {};
}

Result<> PrettyWriter::add(const arrow::RecordBatch& batch, std::string&) {
  std::vector<ColumnText> columns;
  columns.reserve(static_cast<size_t>(batch.num_columns()));
  for (const auto& column : batch.columns()) columns.emplace_back(*column);
  std::string text;
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    for (size_t i = 0; i < columns.size(); ++i) {
      std::string cell;
      if (!columns[i].is_null(row)) {
        text.clear();
        columns[i].append_text(row, text);
        append_on_one_line(text, cell);
      }
      bytes_ += cell.size() + sizeof(std::string);
      widths_[i] = std::max(widths_[i], display_width(cell));
      cells_.push_back(std::move(cell));
    }
    if (bytes_ > kPrettyBytesMax)
      return fail(ErrorCode::kTooLarge, "the result is too large for the pretty format: use json, jsonl or csv");
  }
  return {};
}

Result<> PrettyWriter::end(std::string& out) {
  if (cells_.empty()) {
    out += "++\n||\n++\n++\n";
    return {};
  }
  const std::string line = rule();
  out += line;
  const size_t columns = widths_.size();
  for (size_t i = 0; i < columns; ++i) append_padded(schema_->field(static_cast<int>(i))->name(), i, out);
  out += "|\n" + line;
  for (size_t at = 0; at < cells_.size(); ++at) {
    append_padded(cells_[at], at % columns, out);
    if (at % columns == columns - 1) out += "|\n";
  }
  out += line;
  return {};
}

std::string PrettyWriter::rule() const {
  std::string line;
  for (const size_t width : widths_) line += '+' + std::string(width + 2, '-');
  return line + "+\n";
}

void PrettyWriter::append_padded(std::string_view text, size_t column, std::string& out) const {
  out += "| ";
  out += text;
  out.append(widths_[column] - display_width(text) + 1, ' ');
}

}  // namespace magnetite::result_format
