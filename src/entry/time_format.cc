#include "entry/time_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <ctime>
#include <optional>

#include "entry/floor_divide.h"

namespace magnetite::entry {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

// What a specifier prints, at its finest; nothing if it is unknown.
std::optional<int64_t> unit_of(char specifier) {
  constexpr std::string_view kDays = "YyCmdejFDbBhaAuwUWVGgx";
  if (kDays.contains(specifier)) return kDay;
  if (std::string_view("HIklpP").contains(specifier)) return kHour;
  if (std::string_view("MR").contains(specifier)) return kMinute;
  if (std::string_view("SsTcrX").contains(specifier)) return kSecond;
  return std::nullopt;
}

// Digits of a fraction such as `f`, `N`, `3f`, `.6f`; nothing if `rest` does not start with one.
struct Fraction {
  int digits = 9;
  bool point = false;
  size_t length = 0;
};
std::optional<Fraction> fraction_at(std::string_view rest) {
  Fraction fraction;
  fraction.point = rest.starts_with('.');
  std::string_view tail = rest.substr(fraction.point ? 1 : 0);
  if (!fraction.point && tail.starts_with('N')) return Fraction{.length = 1};
  if (!tail.empty() && std::string_view("369").contains(tail.front())) {
    fraction.digits = tail.front() - '0';
    tail.remove_prefix(1);
  } else if (fraction.point) {
    return std::nullopt;
  }
  if (!tail.starts_with('f')) return std::nullopt;
  fraction.length = rest.size() - tail.size() + 1;
  return fraction;
}

locale_t plain_locale() {
  static const locale_t locale = ::newlocale(LC_ALL_MASK, "C", nullptr);  // lives as long as the process
  return locale;
}

}  // namespace

Result<TimeFormat> TimeFormat::parse(std::string_view format) {
  TimeFormat parsed;
  const auto append_text = [&](std::string_view text) {
    if (parsed.pieces_.empty() || parsed.pieces_.back().kind != Kind::kText)
      parsed.pieces_.push_back({Kind::kText, {}});
    parsed.pieces_.back().text += text;
  };
  const auto use_unit = [&](int64_t unit) { parsed.unit_nanos_ = std::min(parsed.unit_nanos_, unit); };

  while (!format.empty()) {
    const size_t percent = format.find('%');
    if (percent != 0) {
      append_text(format.substr(0, percent));
      format.remove_prefix(std::min(percent, format.size()));
      continue;
    }
    const std::string_view rest = format.substr(1);
    if (const auto fraction = fraction_at(rest)) {
      if (fraction->point) append_text(".");
      parsed.pieces_.push_back({Kind::kFraction, {}, fraction->digits});
      use_unit(fraction->digits == 3 ? 1'000'000 : fraction->digits == 6 ? 1'000 : 1);
      format = rest.substr(fraction->length);
      continue;
    }
    // `%-d`, `%_d`, `%0d`: other padding.
    const size_t flags = !rest.empty() && std::string_view("-_0").contains(rest.front()) ? 1 : 0;
    const char specifier = rest.size() > flags ? rest[flags] : '\0';
    const std::string_view whole = format.substr(0, 2 + flags);
    format = rest.substr(std::min(rest.size(), flags + 1));
    constexpr std::string_view kFixed = "%ntzZ";
    constexpr std::array<std::string_view, 5> kFixedText = {"%", "\n", "\t", "+0000", "UTC"};
    if (const size_t fixed = kFixed.find(specifier); flags == 0 && fixed != std::string_view::npos) {
      append_text(kFixedText[fixed]);
      continue;
    }
    const std::optional<int64_t> unit = unit_of(specifier);
    if (!unit) return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is no time format specifier", whole));
    use_unit(*unit);
    if (specifier == 's')
      parsed.pieces_.push_back({Kind::kUnixSeconds, {}});  // strftime would read the tm as local time
    else
      parsed.pieces_.push_back({Kind::kStrftime, std::string(whole)});
  }
  return parsed;
}

void TimeFormat::append(int64_t time_nanos, std::string& out) const {
  const std::time_t seconds = floor_divide(time_nanos, kSecond);
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  for (const Piece& piece : pieces_) {
    switch (piece.kind) {
      case Kind::kText:
        out += piece.text;
        break;
      case Kind::kUnixSeconds:
        out += fmt::format("{}", seconds);
        break;
      case Kind::kFraction: {
        const int64_t nanos = floor_modulo(time_nanos, kSecond);
        out += fmt::format("{:09}", nanos).substr(0, static_cast<size_t>(piece.digits));
        break;
      }
      case Kind::kStrftime: {
        std::array<char, 128> text;  // the longest, %c, has 24 bytes
        out.append(text.data(), ::strftime_l(text.data(), text.size(), piece.text.c_str(), &fields, plain_locale()));
        break;
      }
    }
  }
}

}  // namespace magnetite::entry
