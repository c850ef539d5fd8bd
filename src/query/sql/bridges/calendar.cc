#include "query/sql/bridges/calendar.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace magnetite::query::sql {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::last;
using std::chrono::month;
using std::chrono::months;
using std::chrono::nanoseconds;
using std::chrono::sys_days;
using std::chrono::sys_time;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int64_t kMicro = 1'000;
constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

std::optional<int64_t> multiply(int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

std::optional<int64_t> add(std::optional<int64_t> a, std::optional<int64_t> b) {
  int64_t sum = 0;
  if (!a || !b || __builtin_add_overflow(*a, *b, &sum)) return std::nullopt;
  return sum;
}

std::optional<int64_t> floor_to(int64_t nanos, int64_t unit) {
  const int64_t rest = nanos % unit;
  return add(nanos - rest, rest < 0 ? -unit : 0);
}

std::optional<int64_t> to_nanos(sys_days date) { return multiply(date.time_since_epoch().count(), kDay); }

year_month_day date_of(int64_t nanos) { return year_month_day(floor<days>(sys_time<nanoseconds>(nanoseconds(nanos)))); }

int64_t month_index(year_month_day date) {
  return static_cast<int64_t>(static_cast<int>(date.year())) * 12 + static_cast<unsigned>(date.month()) - 1;
}

std::optional<int64_t> month_start(int64_t index) {
  const int64_t years = index / 12 - (index % 12 < 0 ? 1 : 0);
  const auto in_year = static_cast<unsigned>(index - years * 12);
  return to_nanos(sys_days(year(static_cast<int>(years)) / month(in_year + 1) / day(1)));
}

}  // namespace

std::optional<TimeUnit> parse_time_unit(std::string_view word) {
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  struct Word {
    std::string_view text;
    TimeUnit unit;
  };
  static constexpr std::array kWords = {Word{"nanosecond", TimeUnit::kNanosecond},
                                        Word{"ns", TimeUnit::kNanosecond},
                                        Word{"microsecond", TimeUnit::kMicrosecond},
                                        Word{"us", TimeUnit::kMicrosecond},
                                        Word{"millisecond", TimeUnit::kMillisecond},
                                        Word{"ms", TimeUnit::kMillisecond},
                                        Word{"second", TimeUnit::kSecond},
                                        Word{"sec", TimeUnit::kSecond},
                                        Word{"s", TimeUnit::kSecond},
                                        Word{"minute", TimeUnit::kMinute},
                                        Word{"min", TimeUnit::kMinute},
                                        Word{"m", TimeUnit::kMinute},
                                        Word{"hour", TimeUnit::kHour},
                                        Word{"hr", TimeUnit::kHour},
                                        Word{"h", TimeUnit::kHour},
                                        Word{"day", TimeUnit::kDay},
                                        Word{"d", TimeUnit::kDay},
                                        Word{"week", TimeUnit::kWeek},
                                        Word{"w", TimeUnit::kWeek},
                                        Word{"month", TimeUnit::kMonth},
                                        Word{"mon", TimeUnit::kMonth},
                                        Word{"quarter", TimeUnit::kQuarter},
                                        Word{"year", TimeUnit::kYear},
                                        Word{"y", TimeUnit::kYear},
                                        Word{"decade", TimeUnit::kDecade},
                                        Word{"century", TimeUnit::kCentury}};
  const auto find = [&](std::string_view text) { return std::ranges::find(kWords, text, &Word::text); };
  auto found = find(lower);
  if (found == kWords.end() && lower.size() > 2 && lower.ends_with('s'))
    found = find(std::string_view(lower).substr(0, lower.size() - 1));
  if (found == kWords.end()) return std::nullopt;
  return found->unit;
}

std::optional<int64_t> truncate_time(TimeUnit unit, int64_t nanos) {
  switch (unit) {
    case TimeUnit::kNanosecond:
      return nanos;
    case TimeUnit::kMicrosecond:
      return floor_to(nanos, kMicro);
    case TimeUnit::kMillisecond:
      return floor_to(nanos, 1'000'000);
    case TimeUnit::kSecond:
      return floor_to(nanos, kSecond);
    case TimeUnit::kMinute:
      return floor_to(nanos, 60 * kSecond);
    case TimeUnit::kHour:
      return floor_to(nanos, 3600 * kSecond);
    case TimeUnit::kDay:
      return floor_to(nanos, kDay);
    case TimeUnit::kWeek: {
      constexpr int64_t kFirstMonday = 4 * kDay;  // 1970-01-05
      const auto floored = floor_to(nanos < INT64_MIN + kFirstMonday ? nanos : nanos - kFirstMonday, 7 * kDay);
      return add(floored, kFirstMonday);
    }
    default:
      break;
  }
  const int64_t index = month_index(date_of(nanos));
  const int64_t width = unit == TimeUnit::kMonth     ? 1
                        : unit == TimeUnit::kQuarter ? 3
                        : unit == TimeUnit::kYear    ? 12
                        : unit == TimeUnit::kDecade  ? 120
                                                     : 1200;
  if (unit == TimeUnit::kCentury) return month_start((index - 12) / width * width + 12);  // centuries start with year 1
  return month_start(index / width * width);
}

std::optional<int64_t> add_interval(int64_t nanos, const Interval& interval) {
  std::optional<int64_t> result = nanos;
  if (interval.months != 0) {
    const year_month_day date = date_of(nanos);
    const auto in_day = nanos - *floor_to(nanos, kDay);
    year_month_day moved = date + months(interval.months);
    if (!moved.ok()) moved = moved.year() / moved.month() / last;  // January 31st plus a month is the end of February
    result = add(to_nanos(sys_days(moved)), in_day);
  }
  result = add(result, multiply(interval.days, kDay));
  return add(result, multiply(interval.micros, kMicro));
}

std::optional<int64_t> time_bucket(const Interval& width, int64_t nanos, int64_t origin) {
  if (width.months != 0) {
    if (width.months < 0 || width.days != 0 || width.micros != 0) return std::nullopt;
    const int64_t from = month_index(date_of(origin));
    const int64_t distance = month_index(date_of(nanos)) - from;
    const int64_t rest = distance % width.months;
    return month_start(from + distance - rest - (rest < 0 ? width.months : 0));
  }
  const auto unit = add(multiply(width.days, kDay), multiply(width.micros, kMicro));
  if (!unit || *unit <= 0) return std::nullopt;
  const int64_t shift = origin % *unit;
  int64_t shifted = 0;
  if (__builtin_sub_overflow(nanos, shift, &shifted)) return std::nullopt;
  return add(floor_to(shifted, *unit), shift);
}

}  // namespace magnetite::query::sql
