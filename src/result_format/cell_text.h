// One value of an Arrow column as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace arrow {
class Array;
}

namespace magnetite::result_format {

// `2021-04-01T14:10:24` with 0, 3, 6 or 9 digits of fraction, no zone. Any int64.
void append_time(int64_t nanos, std::string& out);

// Numbers and times as every format writes them; text as it is; types without a form of ours
// as Arrow prints them. The value is not NULL.
void append_cell(const arrow::Array& column, int64_t row, std::string& out);

// For JSON: numbers and booleans bare (NaN and infinities as null), everything else a quoted, escaped string.
void append_json_cell(const arrow::Array& column, int64_t row, std::string& out);
void append_json_text(std::string_view text, std::string& out);

}  // namespace magnetite::result_format
