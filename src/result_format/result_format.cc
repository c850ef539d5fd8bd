#include "result_format/result_format.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "result_format/cell_text.h"

namespace magnetite::result_format {
namespace {

constexpr size_t kPrettyBytesMax = 256 << 20;

class JsonWriter final : public Writer {
 public:
  JsonWriter(std::shared_ptr<arrow::Schema> schema, bool lines) : lines_(lines) {
    for (const auto& field : schema->fields()) {
      std::string key;
      append_json_text(field->name(), key);
      keys_.push_back(key + ':');
    }
  }
  Result<> begin(std::string& out) override {
    if (!lines_) out += '[';
    return {};
  }
  Result<> add(const arrow::RecordBatch& batch, std::string& out) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      if (!lines_ && !first_row_) out += ',';
      first_row_ = false;
      out += '{';
      bool first = true;
      for (int i = 0; i < batch.num_columns(); ++i) {
        const arrow::Array& column = *batch.column(i);
        if (column.IsNull(row)) continue;
        if (!first) out += ',';
        first = false;
        out += keys_[static_cast<size_t>(i)];
        append_json_cell(column, row, out);
      }
      out += lines_ ? "}\n" : "}";
    }
    return {};
  }
  Result<> end(std::string& out) override {
    if (!lines_) out += ']';
    return {};
  }

 private:
  const bool lines_;
  std::vector<std::string> keys_;
  bool first_row_ = true;
};

// RFC 4180 quoting; NULL is empty. No rows, no text: not even a header.
class CsvWriter final : public Writer {
 public:
  explicit CsvWriter(std::shared_ptr<arrow::Schema> schema) : schema_(std::move(schema)) {}
  Result<> begin(std::string&) override { return {}; }
  Result<> add(const arrow::RecordBatch& batch, std::string& out) override {
    if (!header_done_) {
      for (int i = 0; i < schema_->num_fields(); ++i) {
        if (i > 0) out += ',';
        append_quoted(schema_->field(i)->name(), out);
      }
      out += '\n';
      header_done_ = true;
    }
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      for (int i = 0; i < batch.num_columns(); ++i) {
        if (i > 0) out += ',';
        const arrow::Array& column = *batch.column(i);
        if (column.IsNull(row)) continue;
        cell_.clear();
        append_cell(column, row, cell_);
        append_quoted(cell_, out);
      }
      out += '\n';
    }
    return {};
  }
  Result<> end(std::string&) override { return {}; }

 private:
  static void append_quoted(std::string_view text, std::string& out) {
    if (text.find_first_of(",\"\n\r") == std::string_view::npos) {
      out += text;
      return;
    }
    out += '"';
    for (const char c : text) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
  const std::shared_ptr<arrow::Schema> schema_;
  bool header_done_ = false;
  std::string cell_;
};

size_t display_width(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));  // code points
}

class PrettyWriter final : public Writer {
 public:
  explicit PrettyWriter(std::shared_ptr<arrow::Schema> schema) : schema_(std::move(schema)) {}
  Result<> begin(std::string&) override {
    for (const auto& field : schema_->fields()) widths_.push_back(display_width(field->name()));
    return {};
  }
  Result<> add(const arrow::RecordBatch& batch, std::string&) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      for (int i = 0; i < batch.num_columns(); ++i) {
        const arrow::Array& column = *batch.column(i);
        std::string cell;
        if (!column.IsNull(row)) append_cell(column, row, cell);
        bytes_ += cell.size() + sizeof(std::string);
        size_t& width = widths_[static_cast<size_t>(i)];
        width = std::max(width, display_width(cell));
        cells_.push_back(std::move(cell));
      }
      if (bytes_ > kPrettyBytesMax)
        return fail(ErrorCode::kTooLarge, "the result is too large for the pretty format: use json, jsonl or csv");
    }
    return {};
  }
  Result<> end(std::string& out) override {
    if (cells_.empty()) {
      out += "++\n||\n++\n++\n";
      return {};
    }
    const std::string rule = make_rule();
    out += rule;
    const size_t columns = widths_.size();
    for (size_t i = 0; i < columns; ++i) append_padded(schema_->field(static_cast<int>(i))->name(), i, out);
    out += "|\n" + rule;
    for (size_t at = 0; at < cells_.size(); ++at) {
      append_padded(cells_[at], at % columns, out);
      if (at % columns == columns - 1) out += "|\n";
    }
    out += rule;
    return {};
  }

 private:
  std::string make_rule() const {
    std::string rule;
    for (const size_t width : widths_) rule += '+' + std::string(width + 2, '-');
    return rule + "+\n";
  }
  void append_padded(std::string_view text, size_t column, std::string& out) const {
    out += "| ";
    out += text;
    out.append(widths_[column] - display_width(text) + 1, ' ');
  }
  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<size_t> widths_;
  std::vector<std::string> cells_;
  size_t bytes_ = 0;
};

}  // namespace

Result<Format> parse_format(std::string_view word) {
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (lower == "json") return Format::kJson;
  if (lower == "jsonl" || lower == "json_lines") return Format::kJsonLines;
  if (lower == "csv") return Format::kCsv;
  if (lower == "pretty") return Format::kPretty;
  return fail(ErrorCode::kInvalidInput,
              fmt::format("unknown format '{}': Expected one of 'pretty', 'csv' or 'json' (or 'jsonl')", word));
}

std::string_view content_type(Format format) {
  switch (format) {
    case Format::kJson: return "application/json";
    case Format::kJsonLines: return "application/jsonl";
    case Format::kCsv: return "text/csv";
    case Format::kPretty: return "text/plain; charset=utf-8";
  }
  return "application/octet-stream";
}

std::unique_ptr<Writer> Writer::make(Format format, std::shared_ptr<arrow::Schema> schema) {
  switch (format) {
    case Format::kJson: return std::make_unique<JsonWriter>(std::move(schema), false);
    case Format::kJsonLines: return std::make_unique<JsonWriter>(std::move(schema), true);
    case Format::kCsv: return std::make_unique<CsvWriter>(std::move(schema));
    case Format::kPretty: return std::make_unique<PrettyWriter>(std::move(schema));
  }
  return nullptr;
}

}  // namespace magnetite::result_format
