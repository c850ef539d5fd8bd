#include "result_format/column_text.h"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <glaze/json.hpp>
#include <glaze/util/itoa.hpp>

#include "result_format/text_copy.h"

namespace magnetite::result_format {
namespace {

template <class Array>
const Array& as(const arrow::Array& array) {
  return static_cast<const Array&>(array);
}

int64_t units_per_second_of(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      return 1'000'000'000;
  }
  return 1;
}

template <class Float>
char* write_float(Float value, char* at) {
  if (std::isnan(value)) return std::copy_n("NaN", 3, at);
  char* const end = std::to_chars(at, at + ColumnText::kPlainBytesMax, value).ptr;
  if (std::isfinite(value) && std::string_view(at, end).find_first_of(".e") == std::string_view::npos)
    return std::copy_n(".0", 2, end);
  return end;
}

bool is_bare_json_number(arrow::Type::type id) {
  switch (id) {
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return true;
    default:
      return false;
  }
}

void append_json_list(const arrow::Array& values, std::string& out) {
  const ColumnText items(values);
  out += '[';
  for (int64_t i = 0; i < values.length(); ++i) {
    if (i > 0) out += ',';
    if (items.is_null(i))
      out += "null";
    else
      items.append_json(i, out);
  }
  out += ']';
}

struct EscapeControls : glz::opts {
  bool escape_control_characters = true;
};

}  // namespace

bool needs_json_escape(std::string_view text) {
  const char* at = text.data();
  size_t left = text.size();
  bool found = false;
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    found = found || any_needs_json_escape(word);
  }
  uint64_t word = 0x2020202020202020;
  std::memcpy(&word, at, left);
  return found || any_needs_json_escape(word);
}

void append_json_text(std::string_view text, std::string& out) {
  if (!needs_json_escape(text)) {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  std::string escaped;
  if (glz::write<EscapeControls{}>(text, escaped)) escaped = "\"\"";
  out += escaped;
}

ColumnText::ColumnText(const arrow::Array& array) : array_(array), has_nulls_(array.null_count() != 0) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
      kind_ = Kind::kString;
      offsets_ = as<arrow::StringArray>(array).raw_value_offsets();
      values_ = as<arrow::StringArray>(array).raw_data();
      break;
    case arrow::Type::INT64:
      kind_ = Kind::kInt64;
      values_ = as<arrow::Int64Array>(array).raw_values();
      break;
    case arrow::Type::INT32:
      kind_ = Kind::kInt32;
      values_ = as<arrow::Int32Array>(array).raw_values();
      break;
    case arrow::Type::UINT64:
      kind_ = Kind::kUInt64;
      values_ = as<arrow::UInt64Array>(array).raw_values();
      break;
    case arrow::Type::DOUBLE:
      kind_ = Kind::kDouble;
      values_ = as<arrow::DoubleArray>(array).raw_values();
      break;
    case arrow::Type::FLOAT:
      kind_ = Kind::kFloat;
      values_ = as<arrow::FloatArray>(array).raw_values();
      break;
    case arrow::Type::BOOL:
      kind_ = Kind::kBoolean;
      break;
    case arrow::Type::TIMESTAMP:
      kind_ = Kind::kTime;
      values_ = as<arrow::TimestampArray>(array).raw_values();
      units_per_second_ = units_per_second_of(static_cast<const arrow::TimestampType&>(*array.type()).unit());
      break;
    default:
      break;
  }
}

bool ColumnText::is_null(int64_t row) const { return has_nulls_ && array_.IsNull(row); }

bool ColumnText::is_finite(int64_t row) const {
  if (kind_ == Kind::kDouble) return std::isfinite(static_cast<const double*>(values_)[row]);
  if (kind_ == Kind::kFloat) return std::isfinite(static_cast<const float*>(values_)[row]);
  return true;
}

char* ColumnText::write_plain(int64_t row, TimeText& time_text, char* at) const {
  switch (kind_) {
    case Kind::kInt64:
      return glz::to_chars(at, static_cast<const int64_t*>(values_)[row]);
    case Kind::kInt32:
      return glz::to_chars(at, static_cast<const int32_t*>(values_)[row]);
    case Kind::kUInt64:
      return glz::to_chars(at, static_cast<const uint64_t*>(values_)[row]);
    case Kind::kDouble:
      return write_float(static_cast<const double*>(values_)[row], at);
    case Kind::kFloat:
      return write_float(static_cast<const float*>(values_)[row], at);
    case Kind::kBoolean:
      return as<arrow::BooleanArray>(array_).Value(row) ? std::copy_n("true", 4, at) : std::copy_n("false", 5, at);
    case Kind::kTime:
      return time_text.write(split_time(static_cast<const int64_t*>(values_)[row], units_per_second_), at);
    case Kind::kString:
    case Kind::kOther:
      break;
  }
  return at;
}

void ColumnText::append_text(int64_t row, std::string& out) const {
  if (kind_ == Kind::kString) {
    out += string(row);
  } else if (kind_ == Kind::kOther) {
    const auto scalar = array_.GetScalar(row);
    out += scalar.ok() ? (*scalar)->ToString() : scalar.status().ToString();
  } else {
    TimeText time_text;
    char text[kPlainBytesMax];
    out.append(text, write_plain(row, time_text, text));
  }
}

void ColumnText::append_json(int64_t row, std::string& out) const {
  if (array_.type_id() == arrow::Type::LIST)
    return append_json_list(*as<arrow::ListArray>(array_).value_slice(row), out);
  if (!is_finite(row)) {
    out += "null";  // JSON has no word for it
    return;
  }
  const bool bare =
      kind_ == Kind::kOther ? is_bare_json_number(array_.type_id()) : kind_ != Kind::kString && kind_ != Kind::kTime;
  if (bare) return append_text(row, out);
  std::string text;
  append_text(row, text);
  append_json_text(text, out);
}

}  // namespace magnetite::result_format
