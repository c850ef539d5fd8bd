#include "result_format/cell_text.h"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>

#include <glaze/json.hpp>

namespace magnetite::result_format {
namespace {

template <class Number>
void append_number(Number value, std::string& out) {
  char text[32];
  const auto [end, code] = std::to_chars(text, text + sizeof(text), value);
  out.append(text, end);
}

// The shortest text that reads back equal; a whole number keeps `.0`, so that readers see a float.
void append_float(double value, std::string& out) {
  const size_t before = out.size();
  append_number(value, out);
  if (std::isfinite(value) && out.find_first_of(".e", before) == std::string::npos) out += ".0";
}

int64_t nanos_of(const arrow::TimestampType& type, int64_t value) {
  switch (type.unit()) {
    case arrow::TimeUnit::SECOND: return value * 1'000'000'000;
    case arrow::TimeUnit::MILLI: return value * 1'000'000;
    case arrow::TimeUnit::MICRO: return value * 1'000;
    case arrow::TimeUnit::NANO: return value;
  }
  return value;
}

template <class Array>
auto value_of(const arrow::Array& column, int64_t row) {
  return static_cast<const Array&>(column).Value(row);
}
template <>
auto value_of<arrow::StringArray>(const arrow::Array& column, int64_t row) {
  return static_cast<const arrow::StringArray&>(column).GetView(row);
}

bool is_bare_json(arrow::Type::type id) {
  switch (id) {
    case arrow::Type::BOOL: case arrow::Type::INT8: case arrow::Type::INT16: case arrow::Type::INT32:
    case arrow::Type::INT64: case arrow::Type::UINT8: case arrow::Type::UINT16: case arrow::Type::UINT32:
    case arrow::Type::UINT64: case arrow::Type::FLOAT: case arrow::Type::DOUBLE: case arrow::Type::DECIMAL128:
      return true;
    default:
      return false;
  }
}

}  // namespace

void append_time(int64_t nanos, std::string& out) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(sys_time<nanoseconds>(nanoseconds(nanos)));
  const auto day = floor<days>(whole);
  const year_month_day date(day);
  const hh_mm_ss time(whole - day);
  const auto fraction = nanos - whole.time_since_epoch().count() * 1'000'000'000;
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                 time.minutes().count(), time.seconds().count());
  if (fraction == 0) return;
  if (fraction % 1'000'000 == 0)
    fmt::format_to(std::back_inserter(out), ".{:03}", fraction / 1'000'000);
  else if (fraction % 1'000 == 0)
    fmt::format_to(std::back_inserter(out), ".{:06}", fraction / 1'000);
  else
    fmt::format_to(std::back_inserter(out), ".{:09}", fraction);
}

void append_cell(const arrow::Array& column, int64_t row, std::string& out) {
  switch (column.type_id()) {
    case arrow::Type::STRING: out += value_of<arrow::StringArray>(column, row); break;
    case arrow::Type::INT64: return append_number(value_of<arrow::Int64Array>(column, row), out);
    case arrow::Type::INT32: return append_number(value_of<arrow::Int32Array>(column, row), out);
    case arrow::Type::UINT64: return append_number(value_of<arrow::UInt64Array>(column, row), out);
    case arrow::Type::DOUBLE: return append_float(value_of<arrow::DoubleArray>(column, row), out);
    case arrow::Type::FLOAT: return append_float(value_of<arrow::FloatArray>(column, row), out);
    case arrow::Type::BOOL: out += value_of<arrow::BooleanArray>(column, row) ? "true" : "false"; break;
    case arrow::Type::TIMESTAMP:
      return append_time(nanos_of(static_cast<const arrow::TimestampType&>(*column.type()),
                                  value_of<arrow::TimestampArray>(column, row)), out);
    default: {
      const auto scalar = column.GetScalar(row);
      out += scalar.ok() ? (*scalar)->ToString() : scalar.status().ToString();
    }
  }
}

void append_json_text(std::string_view text, std::string& out) {
  thread_local std::string buffer;
  if (glz::write_json(text, buffer)) buffer = "\"\"";
  out += buffer;
}

void append_json_cell(const arrow::Array& column, int64_t row, std::string& out) {
  if (column.type_id() == arrow::Type::DOUBLE && !std::isfinite(value_of<arrow::DoubleArray>(column, row))) {
    out += "null";  // JSON has no word for it
    return;
  }
  if (is_bare_json(column.type_id())) return append_cell(column, row, out);
  if (column.type_id() == arrow::Type::TIMESTAMP) {
    out += '"';
    append_cell(column, row, out);
    out += '"';
    return;
  }
  if (column.type_id() == arrow::Type::STRING) return append_json_text(value_of<arrow::StringArray>(column, row), out);
  std::string text;
  append_cell(column, row, text);
  append_json_text(text, out);
}

}  // namespace magnetite::result_format
