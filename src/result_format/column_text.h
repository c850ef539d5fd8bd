// The values of one Arrow column as text, its type looked at once per batch instead of once per value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "result_format/time_text.h"

namespace arrow {
class Array;
class DataType;
}  // namespace arrow

namespace magnetite::result_format {

// JSON text of a string: quoted, escaped. Bytes are taken for UTF-8.
void append_json_text(std::string_view text, std::string& out);
bool needs_json_escape(std::string_view text);

// Refers to `array`. Numbers: the shortest text that reads back equal; a whole float keeps `.0`.
class ColumnText {
 public:
  explicit ColumnText(const arrow::Array& array);

  // Longest text of a number, boolean or time.
  static constexpr size_t kPlainBytesMax = TimeText::kBytesMax;

  enum class Kind : uint8_t { kString, kInt64, kInt32, kUInt64, kDouble, kFloat, kBoolean, kTime, kOther };
  Kind kind() const { return kind_; }
  bool is_null(int64_t row) const;
  std::string_view string(int64_t row) const {  // kString
    const int32_t begin = offsets_[row];
    return {static_cast<const char*>(values_) + begin, static_cast<size_t>(offsets_[row + 1] - begin)};
  }
  size_t string_bytes(int64_t first_row, int64_t rows) const {  // kString: of all these rows
    return static_cast<size_t>(offsets_[first_row + rows] - offsets_[first_row]);
  }
  bool is_finite(int64_t row) const;  // false: a NaN or an infinity

  // Neither kString nor kOther: writes at most kPlainBytesMax bytes and returns their end.
  char* write_plain(int64_t row, TimeText& time_text, char* at) const;
  // Any kind: the bare text (`append_text`), or a JSON value. The value is not NULL.
  void append_text(int64_t row, std::string& out) const;
  void append_json(int64_t row, std::string& out) const;

 private:
  const arrow::Array& array_;
  const void* values_ = nullptr;      // of the first row; strings: of the whole column
  const int32_t* offsets_ = nullptr;  // strings
  int64_t units_per_second_ = 1;      // times
  Kind kind_ = Kind::kOther;
  bool has_nulls_ = false;
};

}  // namespace magnetite::result_format
