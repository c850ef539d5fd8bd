#include "line_protocol/number.h"

#include <fast_float/fast_float.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "line_protocol/utf8.h"

namespace magnetite::line_protocol {
namespace {

std::unexpected<Error> not_a_number(std::string_view text) {
  return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is not a number", printable(text, kErrorLineBytesMax)));
}

template <class Number>
Result<Number> parse_whole(std::string_view text, std::string_view what, std::string_view type) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code == std::errc::result_out_of_range && stop == end)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{} {} is out of range for {}", what, printable(text, kErrorLineBytesMax), type));
  if (code != std::errc() || stop != end) return not_a_number(text);
  return value;
}

int64_t nanos_per(Precision precision) {
  switch (precision) {
    case Precision::kAuto:
    case Precision::kNanoseconds:
      return 1;
    case Precision::kMicroseconds:
      return 1'000;
    case Precision::kMilliseconds:
      return 1'000'000;
    case Precision::kSeconds:
      return 1'000'000'000;
    case Precision::kMinutes:
      return 60'000'000'000;
    case Precision::kHours:
      return 3'600'000'000'000;
  }
  return 1;
}

// By magnitude, as InfluxDB 3 does.
Precision guess(int64_t timestamp) {
  const uint64_t magnitude = timestamp < 0 ? 0 - static_cast<uint64_t>(timestamp) : static_cast<uint64_t>(timestamp);
  if (magnitude < 5'000'000'000) return Precision::kSeconds;
  if (magnitude < 5'000'000'000'000) return Precision::kMilliseconds;
  if (magnitude < 5'000'000'000'000'000) return Precision::kMicroseconds;
  return Precision::kNanoseconds;
}

}  // namespace

Result<int64_t> parse_int64(std::string_view text, std::string_view what) {
  return parse_whole<int64_t>(text, what, "int64");
}

Result<uint64_t> parse_uint64(std::string_view text, std::string_view what) {
  return parse_whole<uint64_t>(text, what, "uint64");
}

Result<double> parse_double(std::string_view text) {
  // The library also takes forms the format does not have: `.5`, `5.`, `inf`, `nan`.
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !is_digit(digits.front()) || !is_digit(digits.back())) return not_a_number(text);
  if (const size_t dot = digits.find('.'); dot != std::string_view::npos && !is_digit(digits[dot + 1]))
    return not_a_number(text);
  double value = 0;
  const auto [stop, code] = fast_float::from_chars(text.data(), text.data() + text.size(), value);
  if (stop != text.data() + text.size()) return not_a_number(text);
  // A value too small becomes zero, as everywhere else.
  if (code != std::errc() && std::isinf(value))
    return fail(ErrorCode::kInvalidInput,
                fmt::format("float value {} is out of range", printable(text, kErrorLineBytesMax)));
  return value;
}

std::optional<int64_t> to_nanos(int64_t timestamp, Precision precision) {
  if (precision == Precision::kAuto) precision = guess(timestamp);
  int64_t nanos = 0;
  if (__builtin_mul_overflow(timestamp, nanos_per(precision), &nanos)) return std::nullopt;
  return nanos;
}

int64_t truncate(int64_t nanos, Precision precision) {
  const int64_t unit = nanos_per(precision);
  const int64_t rest = nanos % unit;
  return nanos - (rest < 0 ? rest + unit : rest);
}

Result<Precision> parse_precision(std::string_view word) {
  if (word == "auto") return Precision::kAuto;
  if (word == "ns" || word == "n" || word == "nanosecond") return Precision::kNanoseconds;
  if (word == "us" || word == "u" || word == "\u00B5" || word == "microsecond") return Precision::kMicroseconds;
  if (word == "ms" || word == "millisecond") return Precision::kMilliseconds;
  if (word == "s" || word == "second") return Precision::kSeconds;
  if (word == "m") return Precision::kMinutes;
  if (word == "h") return Precision::kHours;
  return fail(
      ErrorCode::kInvalidInput,
      fmt::format("unknown precision '{}': use auto, nanosecond, microsecond, millisecond, second or ns, us, ms, "
                  "s, m, h",
                  word));
}

}  // namespace magnetite::line_protocol
