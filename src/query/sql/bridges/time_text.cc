#include "query/sql/bridges/time_text.h"

#include <chrono>

#include "query/sql/bridges/wide.h"

namespace magnetite::query::sql {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view wanted) {
    if (rest_.empty() || !wanted.contains(rest_.front())) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  void skip_spaces() {
    while (take_any(" \t\n\r")) {
    }
  }
  // From `digits_min` to `digits_max` digits.
  std::optional<int> number(int digits_min, int digits_max) {
    int value = 0;
    int digits = 0;
    for (; digits < digits_max && digit(); ++digits) {
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return digits < digits_min ? std::nullopt : std::optional(value);
  }
  // Any number of digits, at least one, as billionths.
  std::optional<uint32_t> fraction() {
    if (!digit()) return std::nullopt;
    uint32_t nanos = 0;
    for (uint32_t worth = 100'000'000; digit(); worth /= 10) {
      nanos += worth * static_cast<uint32_t>(rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return nanos;
  }

 private:
  bool digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  std::string_view rest_;
};

std::optional<int64_t> take_day(Scanner& scanner) {
  const auto year = scanner.number(4, 4);
  if (!year || !scanner.take('-')) return std::nullopt;
  const auto month = scanner.number(1, 2);
  if (!month || !scanner.take('-')) return std::nullopt;
  const auto day = scanner.number(1, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<Instant> take_time_of_day(Scanner& scanner) {
  const auto hour = scanner.number(1, 2);
  if (!hour || *hour > 23 || !scanner.take(':')) return std::nullopt;
  const auto minute = scanner.number(2, 2);
  if (!minute || *minute > 59) return std::nullopt;
  Instant time{(*hour * 60 + *minute) * 60, 0};
  if (!scanner.take(':')) return time;
  const auto second = scanner.number(2, 2);
  if (!second || *second > 59) return std::nullopt;
  time.seconds += *second;
  if (!scanner.take('.')) return time;
  const auto nanos = scanner.fraction();
  if (!nanos) return std::nullopt;
  time.nanos = *nanos;
  return time;
}

// Seconds east of UTC.
std::optional<int64_t> take_offset(Scanner& scanner) {
  if (scanner.at_end() || scanner.take_any("Zz") || scanner.take_word("UTC")) return 0;
  const bool west = scanner.take('-');
  if (!west && !scanner.take('+')) return std::nullopt;
  const auto hours = scanner.number(2, 2);
  if (!hours || *hours > 23) return std::nullopt;
  int64_t offset = *hours * 3600;
  if (!scanner.at_end()) {
    scanner.take(':');
    const auto minutes = scanner.number(2, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    offset += *minutes * 60;
  }
  return west ? -offset : offset;
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\n\r").contains(text.back())) text.remove_suffix(1);
  Scanner scanner(text);
  scanner.skip_spaces();
  const auto day = take_day(scanner);
  if (!day) return std::nullopt;
  constexpr int64_t kSecondsPerDay = 86'400;
  Instant instant{*day * kSecondsPerDay, 0};
  if (scanner.at_end()) return instant;
  if (!scanner.take_any("Tt ")) return std::nullopt;
  scanner.skip_spaces();
  const auto time = take_time_of_day(scanner);
  if (!time) return std::nullopt;
  scanner.skip_spaces();
  const auto offset = take_offset(scanner);
  if (!offset || !scanner.at_end()) return std::nullopt;
  instant.seconds += time->seconds - *offset;
  instant.nanos = time->nanos;
  return instant;
}

std::optional<int64_t> to_units(Instant instant, int64_t units_per_second) {
  constexpr int64_t kNanosPerSecond = 1'000'000'000;
  return narrow(static_cast<Wide>(instant.seconds) * units_per_second +
                instant.nanos / (kNanosPerSecond / units_per_second));
}

}  // namespace magnetite::query::sql
