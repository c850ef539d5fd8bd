// A batch as text: what tests compare. Fails the test where a slice leaves the text.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "line_protocol/parser.h"

namespace magnetite::line_protocol {

inline std::string unescaped(std::string_view raw, Escapes escapes) {
  std::string text;
  append_unescaped(raw, escapes, text);
  return text;
}

inline std::string describe_value(const Batch& batch, const Field& field) {
  switch (field.type) {
    case FieldType::kFloat:
      return fmt::format("{}", field.float_value);
    case FieldType::kInteger:
      return fmt::format("{}i", field.integer_value);
    case FieldType::kUnsigned:
      return fmt::format("{}u", field.unsigned_value);
    case FieldType::kBoolean:
      return fmt::format("{}", field.boolean_value);
    case FieldType::kString:
      break;
  }
  return '"' + unescaped(field.string_value.in(batch.text), Escapes::kString) + '"';
}

// "series|key=value;key=value|time" a line, "!line:column reason" an error.
inline std::string describe(const Batch& batch) {
  std::string out;
  for (const Line& line : batch.lines) {
    out += line.series.in(batch.text);
    for (uint32_t i = 0; i < line.field_count; ++i) {
      const Field& field = batch.fields[line.field_first + i];
      out += i == 0 ? '|' : ';';
      out += unescaped(field.key.in(batch.text), Escapes::kKey) + '=' + describe_value(batch, field);
    }
    out += fmt::format("|{}\n", line.timestamp);
  }
  for (const LineError& error : batch.errors)
    out += fmt::format("!{}:{} {}\n", error.line_number, error.column, error.message);
  return out;
}

// Every member of every part, for comparing two parsers of one text.
inline std::string describe_fully(const Batch& batch) {
  std::string out = describe(batch);
  for (const Line& line : batch.lines)
    out += fmt::format("{}+{} {} {}+{} #{} {}+{} {} {}{}{}\n", line.series.offset, line.series.length,
                       line.measurement_bytes, line.field_first, line.field_count, line.number, line.text.offset,
                       line.text.length, line.fields_end, line.series_escaped, line.has_timestamp,
                       line.timestamp_is_nanos);
  for (const Field& field : batch.fields)
    out += fmt::format("{}+{} {}{}\n", field.key.offset, field.key.length, field.key_escaped, field.value_escaped);
  for (const LineError& error : batch.errors) out += error.original + '\n';
  return out + fmt::format("{}", batch.errors_total);
}

}  // namespace magnetite::line_protocol
