// Arithmetic on nanosecond times. Pure; nullopt where the result leaves int64.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace magnetite::query::sql {

enum class TimeUnit : uint8_t {
  kNanosecond,
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury
};

std::optional<TimeUnit> parse_time_unit(std::string_view word);  // SQL's words, also in the plural

// The start of the unit that holds `nanos`; weeks start on Monday.
std::optional<int64_t> truncate_time(TimeUnit unit, int64_t nanos);

struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;
};

std::optional<int64_t> add_interval(int64_t nanos, const Interval& interval);
std::optional<int64_t> subtract_interval(int64_t nanos, const Interval& interval);

// Positive, and months alone or days and time.
bool is_bucket_width(const Interval& width);

// The start of the bucket of this width that holds `nanos`, counted from `origin`. nullopt also for what is no width.
std::optional<int64_t> time_bucket(const Interval& width, int64_t nanos, int64_t origin);

}  // namespace magnetite::query::sql
