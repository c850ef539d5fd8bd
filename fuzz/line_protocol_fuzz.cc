// parse() and parse_scalar() on any bytes: the same batch, every slice inside the text, every series splits or is
// refused, and what is accepted means the same when it is written again.
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "line_protocol/parser.h"
#include "line_protocol/series_name.h"
#include "line_protocol/utf8.h"

namespace magnetite::line_protocol {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_inside(Slice slice, size_t size) { require(size_t{slice.offset} + slice.length <= size); }

void require_same_value(const Field& a, const Field& b) {
  require(a.type == b.type);
  if (a.type == FieldType::kBoolean) return require(a.boolean_value == b.boolean_value);
  require(a.integer_value == b.integer_value);  // the bits of any other type
}

void require_same(const Batch& a, const Batch& b) {
  require(a.lines.size() == b.lines.size() && a.fields.size() == b.fields.size());
  require(a.errors.size() == b.errors.size() && a.errors_total == b.errors_total);
  const auto same = [](Slice left, Slice right) { return left.offset == right.offset && left.length == right.length; };
  for (size_t i = 0; i < a.lines.size(); ++i) {
    const Line &x = a.lines[i], &y = b.lines[i];
    require(same(x.series, y.series) && same(x.text, y.text) && x.measurement_bytes == y.measurement_bytes);
    require(x.field_first == y.field_first && x.field_count == y.field_count && x.number == y.number);
    require(x.fields_end == y.fields_end && x.timestamp == y.timestamp && x.series_escaped == y.series_escaped);
    require(x.has_timestamp == y.has_timestamp && x.timestamp_is_nanos == y.timestamp_is_nanos);
  }
  for (size_t i = 0; i < a.fields.size(); ++i) {
    const Field &x = a.fields[i], &y = b.fields[i];
    require(same(x.key, y.key) && x.key_escaped == y.key_escaped && x.value_escaped == y.value_escaped);
    require_same_value(x, y);
  }
  for (size_t i = 0; i < a.errors.size(); ++i) {
    const LineError &x = a.errors[i], &y = b.errors[i];
    require(x.line_number == y.line_number && x.column == y.column && x.message == y.message &&
            x.original == y.original);
  }
}

void check_parts(const Batch& batch) {
  const std::string_view text = batch.text;
  size_t field_next = 0;
  for (const Line& line : batch.lines) {
    require_inside(line.series, text.size());
    require_inside(line.text, text.size());
    require(line.measurement_bytes > 0 && line.measurement_bytes <= line.series.length);
    require(line.field_first == field_next && line.field_count > 0);
    require(line.fields_end <= line.text.offset + line.text.length);
    field_next += line.field_count;
    if (const auto name = split_series(line.series.in(text), 64 * 1024)) {
      const auto again = split_series(canonical_text(*name), 64 * 1024);
      require(again && again->measurement == name->measurement && again->tags == name->tags);
    }
  }
  require(field_next == batch.fields.size());
  for (const Field& field : batch.fields) {
    require_inside(field.key, text.size());
    require(field.key.length > 0);
    if (field.type == FieldType::kString) require_inside(field.string_value, text.size());
  }
  for (const LineError& error : batch.errors) {
    require(error.line_number > 0 && error.column > 0 && error.original.size() <= kErrorLineBytesMax);
    require(find_invalid_utf8(error.original) == std::string_view::npos);
    require(find_invalid_utf8(error.message) == std::string_view::npos);
  }
}

// Each accepted line as the log keeps it: its bytes up to the end of the fields, and nanoseconds.
void check_rewritten(const Batch& batch) {
  std::string text;
  for (const Line& line : batch.lines) {
    text.append(batch.text, line.series.offset, line.fields_end - line.series.offset);
    text += fmt::format(" {}\n", line.timestamp);
  }
  Batch again;
  parse(text, {}, again);
  require(again.errors_total == 0 && again.lines.size() == batch.lines.size());
  require(again.fields.size() == batch.fields.size());
  for (size_t i = 0; i < batch.lines.size(); ++i) {
    require(again.lines[i].timestamp == batch.lines[i].timestamp);
    require(again.lines[i].series.in(text) == batch.lines[i].series.in(batch.text));
  }
  for (size_t i = 0; i < batch.fields.size(); ++i)
    if (batch.fields[i].type != FieldType::kString) require_same_value(batch.fields[i], again.fields[i]);
}

}  // namespace
}  // namespace magnetite::line_protocol

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace magnetite::line_protocol;
  // Of the first byte: precision, and whether small limits hold.
  const uint8_t choice = size == 0 ? uint8_t{1} : data[0];
  ParseOptions options{.precision = static_cast<Precision>(choice % 7),
                       .default_time_nanos = 1'700'000'000'123'456'789};
  if (choice >= 0xC0) options.key_bytes_max = 8, options.line_bytes_max = 40, options.errors_max = 2;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Batch vector, scalar;
  parse(text, options, vector);
  parse_scalar(text, options, scalar);
  require_same(vector, scalar);
  check_parts(vector);
  check_rewritten(vector);
  return 0;
}
