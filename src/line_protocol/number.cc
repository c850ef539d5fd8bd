#include "line_protocol/number.h"

#include <fast_float/fast_float.h>
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

namespace magnetite::line_protocol {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class Number>
Result<Number> parse_whole(std::string_view text, std::string_view type) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code == std::errc::result_out_of_range && stop == end)
    return fail(ErrorCode::kInvalidInput, fmt::format("{} is out of range for {}", text, type));
  if (code != std::errc() || stop != end)
    return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is not a number", text));
  return value;
}

int64_t nanos_per(Precision precision) {
  switch (precision) {
    case Precision::kAuto:
    case Precision::kNanoseconds: return 1;
    case Precision::kMicroseconds: return 1'000;
    case Precision::kMilliseconds: return 1'000'000;
    case Precision::kSeconds: return 1'000'000'000;
    case Precision::kMinutes: return 60'000'000'000;
    case Precision::kHours: return 3'600'000'000'000;
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

Result<int64_t> parse_int64(std::string_view text) { return parse_whole<int64_t>(text, "int64"); }
Result<uint64_t> parse_uint64(std::string_view text) { return parse_whole<uint64_t>(text, "uint64"); }

Result<double> parse_double(std::string_view text) {
  const auto bad = [&] { return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is not a number", text)); };
  // The library also takes forms the format does not have: `.5`, `5.`, `inf`, `nan`.
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !is_digit(digits.front()) || !is_digit(digits.back())) return bad();
  if (const size_t dot = digits.find('.'); dot != std::string_view::npos && !is_digit(digits[dot + 1])) return bad();
  double value = 0;
  const auto [stop, code] = fast_float::from_chars(text.data(), text.data() + text.size(), value);
  if (stop != text.data() + text.size()) return bad();
  if (code != std::errc()) return fail(ErrorCode::kInvalidInput, fmt::format("{} is out of range for a float", text));
  return value;
}

Result<int64_t> to_nanos(int64_t timestamp, Precision precision) {
  if (precision == Precision::kAuto) precision = guess(timestamp);
  int64_t nanos = 0;
  if (__builtin_mul_overflow(timestamp, nanos_per(precision), &nanos))
    return fail(ErrorCode::kInvalidInput, fmt::format("timestamp {} does not fit into 64-bit nanoseconds", timestamp));
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
  return fail(ErrorCode::kInvalidInput,
              fmt::format("unknown precision '{}': use auto, nanosecond, microsecond, millisecond, second or ns, us, ms, "
                          "s, m, h", word));
}

}  // namespace magnetite::line_protocol
