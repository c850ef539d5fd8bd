#include "result_format/time_text.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>

namespace magnetite::result_format {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;

// Civil date of a day number; years of any size (std::chrono's reach to 32767 only).
struct Date {
  int64_t year;
  unsigned month;
  unsigned day;
};
Date date_of(int64_t days) {
  constexpr int64_t kDaysPerEra = 146'097;  // the Gregorian calendar repeats after 400 years
  int64_t era = days / kDaysPerEra;
  int64_t rest = days % kDaysPerEra;
  if (rest < 0) {
    rest += kDaysPerEra;
    --era;
  }
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(rest))};
  return {era * 400 + static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day())};
}

char* write_digits(uint32_t value, int digits, char* at) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return at + digits;
}

}  // namespace

SplitTime split_time(int64_t value, int64_t units_per_second) {
  int64_t seconds = value / units_per_second;
  int64_t rest = value % units_per_second;
  if (rest < 0) {
    rest += units_per_second;
    --seconds;
  }
  return {seconds, static_cast<uint32_t>(rest * (1'000'000'000 / units_per_second))};
}

char* TimeText::write(SplitTime time, char* at) {
  int64_t day = time.seconds / kSecondsPerDay;
  int64_t second = time.seconds % kSecondsPerDay;
  if (second < 0) {
    second += kSecondsPerDay;
    --day;
  }
  if (day != day_) {
    const Date date = date_of(day);
    char* const end = fmt::format_to(day_text_, "{:04}-{:02}-{:02}T", date.year, date.month, date.day);
    day_bytes_ = static_cast<size_t>(end - day_text_);
    day_ = day;
  }
  std::memcpy(at, day_text_, day_bytes_);
  at += day_bytes_;
  const auto of_day = static_cast<uint32_t>(second);
  at = write_digits(of_day / 3600, 2, at);
  *at++ = ':';
  at = write_digits(of_day / 60 % 60, 2, at);
  *at++ = ':';
  at = write_digits(of_day % 60, 2, at);
  if (time.nanos == 0) return at;
  *at++ = '.';
  if (time.nanos % 1'000'000 == 0) return write_digits(time.nanos / 1'000'000, 3, at);
  if (time.nanos % 1'000 == 0) return write_digits(time.nanos / 1'000, 6, at);
  return write_digits(time.nanos, 9, at);
}

}  // namespace magnetite::result_format
