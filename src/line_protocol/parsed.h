// What the parser makes of a body of line protocol: lines and fields as offsets into the text, nothing copied.
// Tags stay raw: the bytes of `measurement,tagset` are the key of a series, split only when first seen (series_name.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace magnetite::line_protocol {

enum class FieldType : uint8_t { kFloat, kInteger, kUnsigned, kString, kBoolean };
std::string_view to_string(FieldType type);  // float integer unsigned string boolean

// A part of the text. Bodies are bounded far below 4 GiB.
struct Slice {
  uint32_t offset = 0;
  uint32_t length = 0;
  std::string_view in(std::string_view text) const { return text.substr(offset, length); }
};

struct Field {
  Slice key;  // raw, with escapes when key_escaped
  FieldType type = FieldType::kFloat;
  bool key_escaped = false;
  bool value_escaped = false;  // strings: holds \" or \\ .
  union {
    double float_value = 0;
    int64_t integer_value;
    uint64_t unsigned_value;
    bool boolean_value;
    Slice string_value;  // between the quotes, raw
  };
};

struct Line {
  Slice series;                    // measurement,tagset: raw, with escapes when series_escaped
  uint32_t measurement_bytes = 0;  // raw length of the measurement at the start of `series`
  uint32_t field_first = 0;        // index into Batch::fields
  uint32_t field_count = 0;
  uint32_t number = 0;      // 1-based line of the body where it starts
  Slice text;               // the whole line without its end, leading or trailing blanks
  uint32_t fields_end = 0;  // offset where the fields end
  int64_t timestamp = 0;    // nanoseconds
  bool series_escaped = false;
  bool has_timestamp = false;       // false: `timestamp` is the request's default
  bool timestamp_is_nanos = false;  // the text's own digits are `timestamp`
};

struct LineError {
  uint32_t line_number = 0;  // 1-based
  uint32_t column = 0;       // 1-based byte from the start of that line
  std::string message;       // reason, without position
  std::string original;      // start of the line, at most kErrorLineBytesMax; made valid UTF-8
};
inline constexpr size_t kErrorLineBytesMax = 128;

// Refers to `text`, which the caller keeps alive. Reusable: clear() keeps the capacity.
struct Batch {
  std::string_view text;
  std::vector<Line> lines;  // accepted ones, in order
  std::vector<Field> fields;
  std::vector<LineError> errors;  // in order; at most ParseOptions::errors_max are kept
  uint64_t errors_total = 0;

  void clear();
};

}  // namespace magnetite::line_protocol
