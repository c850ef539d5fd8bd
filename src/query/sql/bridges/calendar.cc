#include "query/sql/bridges/calendar.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "query/sql/bridges/wide.h"

namespace magnetite::query::sql {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::last;
using std::chrono::month;
using std::chrono::nanoseconds;
using std::chrono::sys_days;
using std::chrono::sys_time;
using std::chrono::year;
using std::chrono::year_month;
using std::chrono::year_month_day;

constexpr int64_t kMicro = 1'000;
constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

Wide floor_to(Wide nanos, Wide unit, Wide origin = 0) {
  const Wide rest = (nanos - origin) % unit;
  return nanos - rest - (rest < 0 ? unit : 0);
}

Wide to_nanos(sys_days date) { return static_cast<Wide>(date.time_since_epoch().count()) * kDay; }

year_month_day date_of(int64_t nanos) { return year_month_day(floor<days>(sys_time<nanoseconds>(nanoseconds(nanos)))); }

int64_t month_index(year_month_day date) {
  return static_cast<int64_t>(static_cast<int>(date.year())) * 12 + static_cast<unsigned>(date.month()) - 1;
}

// nullopt far outside of what nanoseconds reach, where std::chrono's years would wrap.
std::optional<year_month> month_at(int64_t index) {
  constexpr int64_t kYearMax = 9999;
  if (index < 0 || index / 12 > kYearMax) return std::nullopt;
  return year(static_cast<int>(index / 12)) / month(static_cast<unsigned>(index % 12) + 1);
}

std::optional<int64_t> month_start(int64_t index) {
  const auto start = month_at(index);
  if (!start) return std::nullopt;
  return narrow(to_nanos(sys_days(*start / day(1))));
}

std::optional<int64_t> shift_by(int64_t nanos, const Interval& interval, int sign) {
  Wide result = nanos;
  if (interval.months != 0) {
    const year_month_day date = date_of(nanos);
    const auto there = month_at(month_index(date) + sign * static_cast<int64_t>(interval.months));
    if (!there) return std::nullopt;
    year_month_day moved = *there / date.day();
    if (!moved.ok()) moved = *there / last;  // January 31st plus a month is the end of February
    result = to_nanos(sys_days(moved)) + (nanos - floor_to(nanos, kDay));
  }
  result += sign * static_cast<Wide>(interval.days) * kDay;
  return narrow(result + sign * static_cast<Wide>(interval.micros) * kMicro);
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
      return narrow(floor_to(nanos, kMicro));
    case TimeUnit::kMillisecond:
      return narrow(floor_to(nanos, 1'000'000));
    case TimeUnit::kSecond:
      return narrow(floor_to(nanos, kSecond));
    case TimeUnit::kMinute:
      return narrow(floor_to(nanos, 60 * kSecond));
    case TimeUnit::kHour:
      return narrow(floor_to(nanos, 3600 * kSecond));
    case TimeUnit::kDay:
      return narrow(floor_to(nanos, kDay));
    case TimeUnit::kWeek: {
      constexpr int64_t kFirstMonday = 4 * kDay;  // 1970-01-05
      return narrow(floor_to(nanos, 7 * kDay, kFirstMonday));
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

std::optional<int64_t> add_interval(int64_t nanos, const Interval& interval) { return shift_by(nanos, interval, 1); }

std::optional<int64_t> subtract_interval(int64_t nanos, const Interval& interval) {
  return shift_by(nanos, interval, -1);
}

bool is_bucket_width(const Interval& width) {
  if (width.months != 0) return width.months > 0 && width.days == 0 && width.micros == 0;
  return static_cast<Wide>(width.days) * kDay + static_cast<Wide>(width.micros) * kMicro > 0;
}

std::optional<int64_t> time_bucket(const Interval& width, int64_t nanos, int64_t origin) {
  if (!is_bucket_width(width)) return std::nullopt;
  if (width.months != 0) {
    const int64_t from = month_index(date_of(origin));
    const int64_t distance = month_index(date_of(nanos)) - from;
    const int64_t rest = distance % width.months;
    return month_start(from + distance - rest - (rest < 0 ? width.months : 0));
  }
  const Wide unit = static_cast<Wide>(width.days) * kDay + static_cast<Wide>(width.micros) * kMicro;
  return narrow(floor_to(nanos, unit, origin));
}

}  // namespace magnetite::query::sql
