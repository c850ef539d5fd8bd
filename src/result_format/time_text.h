// Times as text: `2021-04-01T14:10:24` with 0, 3, 6 or 9 digits of fraction, no zone.
#pragma once

#include <cstddef>
#include <cstdint>

namespace magnetite::result_format {

// The parts of a time in any unit, without overflow.
struct SplitTime {
  int64_t seconds = 0;  // since the epoch, rounded down
  uint32_t nanos = 0;   // below a second
};
SplitTime split_time(int64_t value, int64_t units_per_second);

// Remembers the day it wrote last: rows of a result mostly share it. Not thread-safe.
class TimeText {
 public:
  static constexpr size_t kBytesMax = 48;  // years have at most 12 digits
  // Writes at most kBytesMax bytes and returns their end.
  char* write(SplitTime time, char* at);

 private:
  int64_t day_ = INT64_MIN;
  char day_text_[24] = {};  // "2021-04-01T"
  size_t day_bytes_ = 0;
};

}  // namespace magnetite::result_format
