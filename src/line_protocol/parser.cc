#include "line_protocol/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "line_protocol/number.h"
#include "line_protocol/scan.h"
#include "line_protocol/utf8.h"

namespace magnetite::line_protocol {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Where and why a line was refused; the offset is into the whole text.
struct Refusal {
  size_t offset;
  std::string reason;
};
using Step = std::optional<Refusal>;

template <class Scan>
class Parser {
 public:
  Parser(std::string_view text, const ParseOptions& options, Batch& batch)
      : text_(text),
        data_(text.data()),
        options_(options),
        default_time_(truncate(options.default_time_nanos, options.precision)),
        batch_(batch) {}

  void run() {
    all_ascii_ = Scan::high_byte(data_, text_.size()) == text_.size();
    while (skip_to_line()) {
      Line line;
      line.number = line_number_;
      line.field_first = static_cast<uint32_t>(batch_.fields.size());
      const size_t begin = at_;
      Step refusal = parse_line(line);
      if (!refusal) refusal = check_line(line, begin);
      if (refusal) {
        batch_.fields.resize(line.field_first);
        refuse(begin, *refusal);
        continue;
      }
      batch_.lines.push_back(line);
      count_newlines(begin, at_);
    }
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? data_[at_ + ahead] : '\0'; }
  Step refuse_here(std::string reason) const { return Refusal{at_, std::move(reason)}; }
  Slice slice(size_t begin, size_t end) const {
    return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end - begin)};
  }

  void count_newlines(size_t begin, size_t end) {
    // Only lines with multi-line strings or escaped newlines hold any besides the one that ends them.
    for (size_t at = begin; (at += Scan::newline(data_ + at, end - at)) < end; ++at) ++line_number_;
  }

  // Past blanks, empty lines and comments; false at the end of the text.
  bool skip_to_line() {
    while (!at_end()) {
      const char c = peek();
      if (c == '\n') {
        ++line_number_;
        ++at_;
      } else if (c == ' ' || c == '\t' || (c == '\r' && (peek(1) == '\n' || at_ + 1 == text_.size()))) {
        ++at_;
      } else if (c == '#') {
        at_ += Scan::newline(data_ + at_, text_.size() - at_);
      } else {
        return true;
      }
    }
    return false;
  }

  void refuse(size_t begin, const Refusal& refusal) {
    // Go on after the next line end beyond the place of the error.
    const size_t resume = std::max(begin, std::min(refusal.offset, text_.size()));
    size_t end = resume + Scan::newline(data_ + resume, text_.size() - resume);
    ++batch_.errors_total;
    if (batch_.errors.size() < options_.errors_max) {
      const size_t line_break = text_.substr(begin, refusal.offset - begin).rfind('\n');
      const size_t column = line_break == std::string_view::npos ? refusal.offset - begin + (begin - column_base(begin))
                                                                 : refusal.offset - begin - line_break - 1;
      const std::string_view original = text_.substr(begin, std::min(end - begin, kErrorLineBytesMax));
      batch_.errors.push_back(
          {line_number_, static_cast<uint32_t>(column + 1), refusal.reason, std::string(original)});
    }
    if (end < text_.size()) ++end;
    count_newlines(begin, end);
    at_ = end;
  }

  // Start of the physical line that holds `begin`: blanks before a line count as columns.
  size_t column_base(size_t begin) const {
    const size_t line_break = begin == 0 ? std::string_view::npos : text_.rfind('\n', begin - 1);
    return line_break == std::string_view::npos ? 0 : line_break + 1;
  }

  Step parse_line(Line& line) {
    if (Step refusal = parse_series(line)) return refusal;
    while (peek() == ' ') ++at_;
    if (Step refusal = parse_fields(line)) return refusal;
    line.fields_end = static_cast<uint32_t>(at_);
    return parse_timestamp(line);
  }

  Step parse_series(Line& line) {
    const size_t begin = at_;
    if (peek() == ',') return refuse_here("the measurement is empty");
    while (true) {
      at_ += Scan::series_stop(data_ + at_, text_.size() - at_);
      if (at_end()) return refuse_here("no fields: a space must follow measurement and tags");
      const char c = data_[at_];
      if (c == ' ') break;
      if (c == '\n') return refuse_here("no fields: a space must follow measurement and tags");
      if (c == '\t') return refuse_here("a tab is no separator, use a space");
      line.series_escaped = true;
      at_ = std::min(at_ + 2, text_.size());
    }
    line.series = slice(begin, at_);
    line.measurement_bytes = measurement_bytes(line);
    if (line.measurement_bytes > options_.key_bytes_max)
      return Refusal{begin, fmt::format("the measurement has more than {} bytes", options_.key_bytes_max)};
    return std::nullopt;
  }

  uint32_t measurement_bytes(const Line& line) const {
    const std::string_view series = line.series.in(text_);
    if (!line.series_escaped) {
      const void* comma = std::memchr(series.data(), ',', series.size());
      return comma == nullptr ? line.series.length
                              : static_cast<uint32_t>(static_cast<const char*>(comma) - series.data());
    }
    for (size_t i = 0; i < series.size(); ++i) {
      if (series[i] == '\\') ++i;
      else if (series[i] == ',') return static_cast<uint32_t>(i);
    }
    return line.series.length;
  }

  Step parse_fields(Line& line) {
    while (true) {
      Field field;
      if (Step refusal = parse_field_key(field)) return refusal;
      if (Step refusal = parse_value(field)) return refusal;
      batch_.fields.push_back(field);
      ++line.field_count;
      if (peek() != ',') break;
      ++at_;
    }
    if (at_end() || peek() == ' ' || peek() == '\n' || at_line_end()) return std::nullopt;
    return refuse_here("unexpected text after a field value");
  }

  Step parse_field_key(Field& field) {
    const size_t begin = at_;
    while (!at_end() && data_[at_] != '=') {
      const char c = data_[at_];
      if (c == ' ' || c == '\n' || c == '\t') break;
      if (c == '\\') {
        field.key_escaped = true;
        ++at_;
      }
      ++at_;
    }
    at_ = std::min(at_, text_.size());
    if (peek() != '=') return refuse_here("a field must be key=value");
    field.key = slice(begin, at_);
    const std::string_view key = field.key.in(text_);
    if (key.empty()) return refuse_here("a field key is empty");
    if (key.size() > options_.key_bytes_max)
      return Refusal{begin, fmt::format("a field key has more than {} bytes", options_.key_bytes_max)};
    if (key == "time") return Refusal{begin, "'time' is the timestamp's name, a field cannot have it"};
    if (field.key_escaped && ends_in_backslash(key)) return Refusal{begin, "a field key ends in a backslash"};
    ++at_;
    return std::nullopt;
  }

  // After unescaping: `\\` at the end leaves one.
  static bool ends_in_backslash(std::string_view raw) { return raw.ends_with('\\'); }

  Step parse_value(Field& field) {
    const char c = peek();
    if (is_digit(c) || c == '-') return parse_number(field);
    if (c == '"') return parse_string(field);
    return parse_boolean(field);
  }

  size_t token_end() const {
    size_t end = at_;
    while (end < text_.size() && data_[end] != ',' && data_[end] != ' ' && data_[end] != '\n' && data_[end] != '\r') ++end;
    return end;
  }

  Step parse_number(Field& field) {
    // Short integers, the bulk of what monitoring sends, without a library call.
    constexpr int kDigitsSafe = 18;
    const bool negative = peek() == '-';
    size_t at = at_ + (negative ? 1 : 0);
    const size_t digits_begin = at;
    int64_t value = 0;
    while (at < text_.size() && is_digit(data_[at]) && at - digits_begin < kDigitsSafe) value = value * 10 + (data_[at++] - '0');
    const char next = at < text_.size() ? data_[at] : '\0';
    if (next == 'i' && at > digits_begin && value_ends_at(at + 1)) {
      field.type = FieldType::kInteger;
      field.integer_value = negative ? -value : value;
      at_ = at + 1;
      return std::nullopt;
    }
    return parse_long_number(field, token_end());
  }

  bool value_ends_at(size_t at) const {
    return at >= text_.size() || data_[at] == ',' || data_[at] == ' ' || data_[at] == '\n' || data_[at] == '\r';
  }

  Step parse_long_number(Field& field, size_t end) {
    const std::string_view token = text_.substr(at_, end - at_);
    const std::string_view digits = token.substr(0, token.size() - 1);
    Result<> outcome;
    const auto take = [&](auto parsed, FieldType type, auto& into) {
      if (!parsed) return outcome = std::unexpected(std::move(parsed).error()), void();
      field.type = type;
      into = *parsed;
    };
    if (token.ends_with('i'))
      take(parse_int64(digits), FieldType::kInteger, field.integer_value);
    else if (token.ends_with('u'))
      take(parse_uint64(digits), FieldType::kUnsigned, field.unsigned_value);
    else
      take(parse_double(token), FieldType::kFloat, field.float_value);
    if (!outcome) return refuse_here("bad value: " + outcome.error().message());
    at_ = end;
    return std::nullopt;
  }

  Step parse_string(Field& field) {
    const size_t quote = at_++;
    const size_t begin = at_;
    while (true) {
      at_ += Scan::string_stop(data_ + at_, text_.size() - at_);
      if (at_end()) {
        at_ = quote;
        return refuse_here("a string is not closed");
      }
      if (data_[at_] == '"') break;
      if (peek(1) == '"' || peek(1) == '\\') {
        field.value_escaped = true;
        ++at_;
      }
      ++at_;
    }
    field.type = FieldType::kString;
    field.string_value = slice(begin, at_);
    ++at_;
    return std::nullopt;
  }

  Step parse_boolean(Field& field) {
    const size_t end = token_end();
    const std::string_view token = text_.substr(at_, end - at_);
    const bool is_true = token == "t" || token == "T" || token == "true" || token == "True" || token == "TRUE";
    const bool is_false = token == "f" || token == "F" || token == "false" || token == "False" || token == "FALSE";
    if (token.empty()) return refuse_here("a field has no value");
    if (!is_true && !is_false)
      return refuse_here(fmt::format("'{}' is neither a number, a boolean nor a quoted string",
                                     token.substr(0, kErrorLineBytesMax)));
    field.type = FieldType::kBoolean;
    field.boolean_value = is_true;
    at_ = end;
    return std::nullopt;
  }

  bool at_line_end() const {
    return at_end() || data_[at_] == '\n' || (data_[at_] == '\r' && (at_ + 1 == text_.size() || data_[at_ + 1] == '\n'));
  }

  Step parse_timestamp(Line& line) {
    while (peek() == ' ') ++at_;
    line.timestamp = default_time_;
    size_t text_end = line.fields_end;
    if (!at_line_end()) {
      const size_t begin = at_;
      if (peek() == '-') ++at_;
      while (is_digit(peek())) ++at_;
      const std::string_view digits = text_.substr(begin, at_ - begin);
      if (digits.empty() || digits == "-") return refuse_here("a timestamp must be a whole number");
      auto parsed = parse_int64(digits);
      if (!parsed) return Refusal{begin, "bad timestamp: " + parsed.error().message()};
      auto nanos = to_nanos(*parsed, options_.precision);
      if (!nanos) return Refusal{begin, nanos.error().message()};
      line.timestamp = *nanos;
      line.has_timestamp = true;
      line.timestamp_is_nanos = *nanos == *parsed;
      text_end = at_;
      while (peek() == ' ') ++at_;
      if (!at_line_end()) return refuse_here("unexpected text after the timestamp");
    }
    const auto begin = size_t{line.series.offset};
    line.text = slice(begin, text_end);
    if (peek() == '\r') ++at_;
    if (!at_end()) ++at_;
    return std::nullopt;
  }

  Step check_line(const Line& line, size_t begin) const {
    if (line.text.length > options_.line_bytes_max)
      return Refusal{begin, fmt::format("the line has more than {} bytes", options_.line_bytes_max)};
    if (all_ascii_) return std::nullopt;
    const size_t invalid = find_invalid_utf8(line.text.in(text_));
    if (invalid != std::string_view::npos) return Refusal{begin + invalid, "invalid UTF-8"};
    return std::nullopt;
  }

  const std::string_view text_;
  const char* const data_;
  const ParseOptions& options_;
  const int64_t default_time_;
  Batch& batch_;
  size_t at_ = 0;
  uint32_t line_number_ = 1;
  bool all_ascii_ = true;
};

template <class Scan>
void parse_with(std::string_view text, const ParseOptions& options, Batch& batch) {
  MAGNETITE_CHECK(text.size() < UINT32_MAX);
  batch.clear();
  batch.text = text;
  Parser<Scan>(text, options, batch).run();
}

}  // namespace

void parse(std::string_view text, const ParseOptions& options, Batch& batch) {
  parse_with<VectorScan>(text, options, batch);
}

void parse_scalar(std::string_view text, const ParseOptions& options, Batch& batch) {
  parse_with<ScalarScan>(text, options, batch);
}

void append_unescaped(std::string_view raw, Escapes escapes, std::string& out) {
  const auto escapable = [&](char c) {
    switch (escapes) {
      case Escapes::kMeasurement: return c == ',' || c == ' ' || c == '\\';
      case Escapes::kKey: return c == ',' || c == '=' || c == ' ' || c == '\\';
      case Escapes::kString: return c == '"' || c == '\\';
    }
    return false;
  };
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size() && escapable(raw[i + 1])) ++i;
    out += raw[i];
  }
}

}  // namespace magnetite::line_protocol
