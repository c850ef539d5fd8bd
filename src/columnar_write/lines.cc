#include "columnar_write/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "columnar_write/checked_columns.h"
#include "line_protocol/series_name.h"
#include "line_protocol/utf8.h"

namespace magnetite::columnar_write {

std::string Lines::place_of(uint32_t line_number) const {
  const auto after = std::ranges::upper_bound(line_numbers_, line_number);
  if (after == line_numbers_.begin()) return "before the first row";
  const auto row = static_cast<size_t>(after - line_numbers_.begin()) - 1;
  const auto batch = std::prev(std::ranges::upper_bound(batches_, row, {}, &Batch::row_first));
  return fmt::format("table {}, row {}", shown(batch->table), row - batch->row_first);
}

// One batch after the other, row by row.
class LineWriter {
 public:
  explicit LineWriter(const Limits& limits) : limits_(limits), budget_(limits.cells_max) {}

  Result<> add(const TableBatch& batch) {
    MAGNETITE_TRY(const CheckedColumns columns, check_columns(batch, budget_));
    if (columns.rows == 0) return {};
    lines_.batches_.push_back({std::string(batch.table), lines_.rows()});
    Cursor at{columns, std::vector<size_t>(columns.tags.size()), std::vector<size_t>(columns.fields.size()), {}, {}, 0};
    for (; at.row < columns.rows; ++at.row) {
      if (auto added = add_row(at); !added) {
        if (added.error().code() != ErrorCode::kInvalidInput) return added;
        return std::unexpected(
            std::move(added).error().with_context(fmt::format("table {}, row {}", shown(batch.table), at.row)));
      }
    }
    return {};
  }

  Lines take() && { return std::move(lines_); }

 private:
  // `next_*` are the first values that are not used yet.
  struct Cursor {
    const CheckedColumns& columns;
    std::vector<size_t> next_tag;
    std::vector<size_t> next_field;
    std::vector<line_protocol::Tag> tags;  // of the row before: most follow one with the same
    std::string series;                    // of these tags; empty: none yet
    size_t row;
  };

  Result<> add_row(Cursor& at) {
    MAGNETITE_RETURN_IF_ERROR(find_series(at));
    lines_.line_numbers_.push_back(line_number_);
    MAGNETITE_RETURN_IF_ERROR(append(at.series));
    char separator = ' ';
    for (size_t i = 0; i < at.columns.fields.size(); ++i) {
      const FieldColumn& field = at.columns.fields[i];
      if (is_null(*field.column, at.row)) continue;
      text() += separator;
      separator = ',';
      MAGNETITE_RETURN_IF_ERROR(append(field.key));
      if (auto value = append_value(*field.column, at.next_field[i]++); !value) {
        if (value.error().code() != ErrorCode::kInvalidInput) return value;
        return std::unexpected(
            std::move(value).error().with_context(fmt::format("column {}", shown(field.column->name))));
      }
    }
    if (separator == ' ') return fail(ErrorCode::kInvalidInput, "no field has a value");
    fmt::format_to(std::back_inserter(text()), " {}\n", std::get<Integers>(at.columns.time->values)[at.row]);
    ++line_number_;
    return {};
  }

  static Result<> find_series(Cursor& at) {
    std::vector<line_protocol::Tag> tags;
    tags.reserve(at.columns.tags.size());
    for (size_t i = 0; i < at.columns.tags.size(); ++i) {
      const Column& tag = *at.columns.tags[i];
      if (!is_null(tag, at.row))
        tags.emplace_back(std::string(tag.name), std::string(std::get<Strings>(tag.values)[at.next_tag[i]++]));
    }
    if (!at.series.empty() && tags == at.tags) return {};
    at.tags = std::move(tags);
    line_protocol::SeriesName name;
    name.tags = at.tags;
    const std::string tag_set = line_protocol::canonical_text(name);
    at.series = at.columns.measurement + tag_set;
    const auto again = line_protocol::split_series(at.series, kNameBytesMax);
    if (!again) return std::unexpected(again.error());
    if (again->tags != at.tags) return fail(ErrorCode::kInvalidInput, "a tag's name or value cannot be stored");
    return {};
  }

  Result<> append_value(const Column& column, size_t index) {
    const auto out = std::back_inserter(text());
    if (const auto* integers = std::get_if<Integers>(&column.values)) {
      fmt::format_to(out, "{}i", (*integers)[index]);
    } else if (const auto* unsigneds = std::get_if<Unsigneds>(&column.values)) {
      fmt::format_to(out, "{}u", (*unsigneds)[index]);
    } else if (const auto* booleans = std::get_if<Booleans>(&column.values)) {
      text() += (*booleans)[index] != 0 ? 't' : 'f';
    } else if (const auto* floats = std::get_if<Floats>(&column.values)) {
      const double value = (*floats)[index];
      if (!std::isfinite(value)) return fail(ErrorCode::kInvalidInput, "infinite numbers and NaN cannot be stored");
      fmt::format_to(out, "{}", value);
    } else {
      return append_string(std::get<Strings>(column.values)[index]);
    }
    return {};
  }

  Result<> append_string(std::string_view value) {
    if (line_protocol::find_invalid_utf8(value) != std::string_view::npos)
      return fail(ErrorCode::kInvalidInput, "invalid UTF-8");
    text() += '"';
    while (!value.empty()) {
      const size_t plain = std::min(value.find_first_of("\"\\"), value.size());
      MAGNETITE_RETURN_IF_ERROR(append(value.substr(0, plain)));
      line_number_ += static_cast<uint32_t>(std::ranges::count(value.substr(0, plain), '\n'));
      if (plain < value.size()) (text() += '\\') += value[plain];
      value.remove_prefix(std::min(plain + 1, value.size()));
    }
    text() += '"';
    return {};
  }

  Result<> append(std::string_view piece) {
    if (piece.size() > limits_.text_bytes_max || text().size() > limits_.text_bytes_max - piece.size())
      return fail(ErrorCode::kTooLarge,
                  fmt::format("more than {} bytes as lines: send it in smaller writes", limits_.text_bytes_max));
    text() += piece;
    return {};
  }

  std::string& text() { return lines_.text_; }

  const Limits limits_;
  Lines lines_;
  Budget budget_;
  uint32_t line_number_ = 1;
};

Result<Lines> to_lines(std::span<const TableBatch> batches, const Limits& limits) {
  LineWriter writer(limits);
  for (const TableBatch& batch : batches) MAGNETITE_RETURN_IF_ERROR(writer.add(batch));
  return std::move(writer).take();
}

}  // namespace magnetite::columnar_write
