#include "line_protocol/plain_lines.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "line_protocol/plain_lines.cc"
#include <fast_float/fast_float.h>
#include <hwy/foreach_target.h>  // compiles this file once per target
#include <hwy/highway.h>

#include <bit>
#include <cstring>

#include "line_protocol/number.h"
#include "line_protocol/utf8.h"

HWY_BEFORE_NAMESPACE();
namespace magnetite::line_protocol {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Bytes = hn::ScalableTag<uint8_t>;
using Vector = hn::Vec<Bytes>;
using Mask = hn::Mask<Bytes>;

// Readable bytes beyond whatever find() returns: enough for a sign, 20 digits, a suffix and one more word.
constexpr ptrdiff_t kMarginBytes = 40;

template <char... kChars>
HWY_INLINE Mask any_of(Vector v) {
  const Bytes d;
  Mask found = hn::MaskFalse(d);
  ((found = hn::Or(found, hn::Eq(v, hn::Set(d, static_cast<uint8_t>(kChars))))), ...);
  return found;
}

// The first of kChars at or behind `at`; null near the end of the text.
template <char... kChars>
HWY_INLINE const char* find(const char* at, const char* end) {
  const Bytes d;
  const auto lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  for (; end - at >= lanes + kMarginBytes; at += lanes) {
    const Vector v = hn::LoadU(d, reinterpret_cast<const uint8_t*>(at));
    const intptr_t found = hn::FindFirstTrue(d, any_of<kChars...>(v));
    if (found >= 0) return at + found;
  }
  return nullptr;
}

HWY_INLINE bool all_ascii(const char* begin, const char* end) {
  const Bytes d;
  const auto lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  Vector seen = hn::Zero(d);
  for (; end - begin >= lanes; begin += lanes)
    seen = hn::Or(seen, hn::LoadU(d, reinterpret_cast<const uint8_t*>(begin)));
  if (begin < end)
    seen = hn::Or(seen, hn::LoadN(d, reinterpret_cast<const uint8_t*>(begin), static_cast<size_t>(end - begin)));
  return hn::AllTrue(d, hn::Lt(seen, hn::Set(d, 0x80)));
}

HWY_INLINE bool ends_value(char c) { return c == ',' || c == ' ' || c == '\n' || c == '\r'; }

struct Digits {
  uint64_t value = 0;
  unsigned count = 0;
};

// The digits at `at`, eight at a time without a branch for each; up to 24, of which the caller takes at most 19.
HWY_INLINE Digits read_digits(const char* at) {
  static_assert(std::endian::native == std::endian::little);
  constexpr uint64_t kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
  Digits digits;
  for (int word = 0; word < 3; ++word, at += 8) {
    uint64_t eight;
    std::memcpy(&eight, at, sizeof(eight));
    eight ^= 0x3030303030303030;  // digits become 0 to 9
    const uint64_t others = ((eight + 0x7676767676767676) | eight) & 0x8080808080808080;
    const auto count = others == 0 ? 8U : static_cast<unsigned>(std::countr_zero(others)) / 8;
    if (count == 0) return digits;
    eight <<= 64 - 8 * count;  // leading zeros
    eight = eight * 10 + (eight >> 8);
    eight = ((eight & 0x000000FF000000FF) * 0x000F424000000064 +
             ((eight >> 16) & 0x000000FF000000FF) * 0x0000271000000001) >>
            32;
    digits.value = digits.value * kPowers[count] + eight;
    digits.count += count;
    if (count < 8) return digits;
  }
  return digits;
}

class PlainLines {
 public:
  PlainLines(std::string_view text, const ParseOptions& options, Batch& batch)
      : text_(text.data()),
        end_(text.data() + text.size()),
        options_(options),
        default_time_(truncate(options.default_time_nanos, options.precision)),
        batch_(batch) {}

  HWY_INLINE void run(Cursor& cursor) {
    at_ = text_ + cursor.at;
    while (true) {
      const char* begin = at_;
      const size_t fields = batch_.fields.size();
      Line& line = batch_.lines.emplace_back();
      line.number = cursor.line_number;
      line.field_first = static_cast<uint32_t>(fields);
      newlines_ = 0;
      if (!take_line(line)) {
        batch_.lines.pop_back();
        batch_.fields.resize(fields);
        cursor.at = offset(begin);
        return;
      }
      cursor.line_number += newlines_ + 1;
    }
  }

 private:
  uint32_t offset(const char* at) const { return static_cast<uint32_t>(at - text_); }
  Slice slice(const char* begin, const char* end) const { return {offset(begin), static_cast<uint32_t>(end - begin)}; }
  bool near_end() const { return end_ - at_ < kMarginBytes; }

  HWY_INLINE bool take_line(Line& line) {
    if (near_end()) return false;
    const char* begin = at_;
    if (!take_series(line)) return false;
    if (!take_blanks() || !take_fields(line)) return false;
    line.fields_end = offset(at_);
    const char* text_end = at_;
    if (!take_timestamp(line, text_end)) return false;
    line.text = slice(begin, text_end);
    if (line.text.length > options_.line_bytes_max) return false;
    return all_ascii(begin, text_end) ||
           find_invalid_utf8({begin, static_cast<size_t>(text_end - begin)}) == std::string_view::npos;
  }

  // Behind it, at least kMarginBytes are left.
  HWY_INLINE bool take_blanks() {
    while (*at_ == ' ')
      if (++at_; near_end()) return false;
    return !near_end();
  }

  HWY_INLINE bool take_series(Line& line) {
    const char* begin = at_;
    // Blanks, line ends, '#' and ',' are below; other names that start with one of these are rare.
    if (static_cast<unsigned char>(*begin) <= ',') return false;
    const char* stop = find<',', ' ', '\n', '\t', '\\'>(begin, end_);
    while (stop != nullptr && *stop == '\\') {
      line.series_escaped = true;
      if (stop[1] == '\n') return false;
      stop = find<',', ' ', '\n', '\t', '\\'>(stop + 2, end_);
    }
    if (stop == nullptr) return false;
    line.measurement_bytes = static_cast<uint32_t>(stop - begin);
    if (line.measurement_bytes > options_.key_bytes_max) return false;
    while (*stop != ' ') {
      if (*stop == '\n' || *stop == '\t') return false;
      if (*stop == '\\') {
        line.series_escaped = true;
        if (*++stop == '\n') return false;
      }
      stop = find<' ', '\n', '\t', '\\'>(stop + 1, end_);
      if (stop == nullptr) return false;
    }
    line.series = slice(begin, stop);
    at_ = stop;
    return true;
  }

  HWY_INLINE bool take_fields(Line& line) {
    while (true) {
      Field& field = batch_.fields.emplace_back();  // written in place: copying it would stall on its small parts
      if (!take_field_key(field) || !take_value(field)) return false;
      ++line.field_count;
      if (*at_ != ',') return true;
      ++at_;
    }
  }

  HWY_INLINE bool take_field_key(Field& field) {
    const char* begin = at_;
    const char* stop = find<'=', ' ', '\n', '\t', '\\'>(begin, end_);
    while (stop != nullptr && *stop == '\\') {
      field.key_escaped = true;
      if (stop[1] == '\n') return false;
      stop = find<'=', ' ', '\n', '\t', '\\'>(stop + 2, end_);
    }
    if (stop == nullptr || *stop != '=') return false;
    field.key = slice(begin, stop);
    if (field.key.length == 0 || field.key.length > options_.key_bytes_max || stop[-1] == '\\') return false;
    if (field.key.length == 4 && std::memcmp(begin, "time", 4) == 0) return false;
    at_ = stop + 1;
    return true;
  }

  // Leaves at_ at a character that ends a value.
  HWY_INLINE bool take_value(Field& field) {
    if (*at_ == '"') return take_string(field);
    if (is_digit(*at_) || *at_ == '-') return take_number(field);
    return take_boolean(field);
  }

  HWY_INLINE bool take_number(Field& field) {
    constexpr unsigned kDigitsMax = 18;  // fit into int64 whatever they are
    const bool negative = *at_ == '-';
    const char* begin = at_ + (negative ? 1 : 0);
    const Digits digits = read_digits(begin);
    const char* stop = begin + digits.count;
    if (digits.count == 0 || digits.count > kDigitsMax) return false;
    if (*stop == 'i') {
      field.type = FieldType::kInteger;
      field.integer_value = negative ? -static_cast<int64_t>(digits.value) : static_cast<int64_t>(digits.value);
      at_ = stop + 1;
      return ends_value(*at_);
    }
    if (*stop == 'u') {
      field.type = FieldType::kUnsigned;
      field.unsigned_value = digits.value;
      at_ = stop + 1;
      return !negative && ends_value(*at_);
    }
    field.type = FieldType::kFloat;
    if (ends_value(*stop)) {
      const auto value = static_cast<double>(digits.value);  // rounds as parsing would
      field.float_value = negative ? -value : value;
      at_ = stop;
      return true;
    }
    // JSON's numbers are a part of ours.
    const auto [parsed, code] = fast_float::from_chars(at_, end_, field.float_value, fast_float::chars_format::json);
    at_ = parsed;
    return code == std::errc() && !near_end() && ends_value(*at_);
  }

  HWY_INLINE bool take_string(Field& field) {
    const char* begin = at_ + 1;
    const char* stop = find<'"', '\\', '\n'>(begin, end_);
    while (stop != nullptr && *stop != '"') {
      if (*stop == '\n') {
        ++newlines_;
      } else if (stop[1] == '"' || stop[1] == '\\') {
        field.value_escaped = true;
        ++stop;
      }
      stop = find<'"', '\\', '\n'>(stop + 1, end_);
    }
    if (stop == nullptr) return false;
    field.type = FieldType::kString;
    field.string_value = slice(begin, stop);
    at_ = stop + 1;
    return ends_value(*at_);
  }

  HWY_INLINE bool take_boolean(Field& field) {
    field.type = FieldType::kBoolean;
    field.boolean_value = *at_ == 't' || *at_ == 'T';
    if (!field.boolean_value && *at_ != 'f' && *at_ != 'F') return false;
    if (ends_value(at_[1])) {
      at_ += 1;
      return true;
    }
    const std::string_view word(at_, field.boolean_value ? 4 : 5);
    at_ += word.size();
    return ends_value(*at_) && (word == "true" || word == "false" || word == "True" || word == "False" ||
                                word == "TRUE" || word == "FALSE");
  }

  // Leaves at_ behind the newline.
  HWY_INLINE bool take_timestamp(Line& line, const char*& text_end) {
    if (!take_blanks()) return false;
    line.timestamp = default_time_;
    if (is_digit(*at_) || *at_ == '-') {
      constexpr unsigned kDigitsMax = 19;  // fit into uint64 whatever they are
      const bool negative = *at_ == '-';
      const char* begin = at_ + (negative ? 1 : 0);
      const Digits digits = read_digits(begin);
      if (digits.count == 0 || digits.count > kDigitsMax || digits.value > INT64_MAX) return false;
      const auto timestamp = negative ? -static_cast<int64_t>(digits.value) : static_cast<int64_t>(digits.value);
      const auto nanos =
          options_.precision == Precision::kNanoseconds ? timestamp : to_nanos(timestamp, options_.precision);
      if (!nanos) return false;
      line.timestamp = *nanos;
      line.has_timestamp = true;
      line.timestamp_is_nanos = *nanos == timestamp;
      at_ = begin + digits.count;
      text_end = at_;
      if (*at_ == ' ' && (near_end() || !take_blanks())) return false;
    }
    if (*at_ == '\r') ++at_;
    return *at_++ == '\n';
  }

  const char* const text_;
  const char* const end_;
  const ParseOptions& options_;
  const int64_t default_time_;
  Batch& batch_;
  const char* at_ = nullptr;
  uint32_t newlines_ = 0;  // inside the strings of this line
};

void take_plain(std::string_view text, const ParseOptions& options, Cursor& cursor, Batch& batch) {
  PlainLines(text, options, batch).run(cursor);
}

}  // namespace HWY_NAMESPACE
}  // namespace magnetite::line_protocol
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace magnetite::line_protocol {

HWY_EXPORT(take_plain);

void take_plain_lines(std::string_view text, const ParseOptions& options, Cursor& cursor, Batch& batch) {
  HWY_DYNAMIC_DISPATCH(take_plain)(text, options, cursor, batch);
}

}  // namespace magnetite::line_protocol
#endif
