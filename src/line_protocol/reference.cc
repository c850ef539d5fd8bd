#include "line_protocol/reference.h"

#include <fmt/format.h>

#include <algorithm>

#include "line_protocol/number.h"
#include "line_protocol/utf8.h"

namespace magnetite::line_protocol {
namespace {

Slice slice(size_t begin, size_t end) { return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end - begin)}; }

// Up to the first unescaped comma.
uint32_t measurement_bytes(std::string_view series) {
  size_t i = 0;
  while (i < series.size() && series[i] != ',') i += series[i] == '\\' ? 2 : 1;
  return static_cast<uint32_t>(std::min(i, series.size()));
}

constexpr std::string_view kNoFields = "no fields: a space must follow measurement and tags";

}  // namespace

Reference::Reference(std::string_view text, const ParseOptions& options, Cursor& cursor, Batch& batch)
    : text_(text),
      options_(options),
      default_time_(truncate(options.default_time_nanos, options.precision)),
      cursor_(cursor),
      batch_(batch) {}

bool Reference::next() {
  at_ = cursor_.at;
  if (!skip_to_line()) {
    cursor_.at = at_;
    return false;
  }
  const size_t begin = at_;
  Line line;
  line.number = cursor_.line_number;
  line.field_first = static_cast<uint32_t>(batch_.fields.size());
  Step refusal = parse_line(line);
  if (!refusal) refusal = check_line(line);
  if (refusal) {
    batch_.fields.resize(line.field_first);
    refuse(begin, *refusal);
  } else {
    batch_.lines.push_back(line);
    if (peek() == '\r') ++at_;
    if (!at_end()) ++at_;
  }
  count_newlines(begin, at_);
  cursor_.at = at_;
  return true;
}

// Comments count only at the start of a line, so that their quotes never swallow what follows.
bool Reference::skip_to_line() {
  while (!at_end()) {
    const char c = text_[at_];
    if (c == '\n') {
      ++cursor_.line_number;
      ++at_;
    } else if (c == ' ' || c == '\t' || (c == '\r' && at_line_end())) {
      ++at_;
    } else if (c == '#') {
      at_ = next_newline(at_);
    } else {
      return true;
    }
  }
  return false;
}

void Reference::refuse(size_t begin, const Refusal& refusal) {
  // What was read so far may hold newlines inside of strings; they end nothing.
  const size_t end = next_newline(std::max(begin, std::min(at_, text_.size())));
  at_ = std::min(end + 1, text_.size());
  ++batch_.errors_total;
  if (batch_.errors.size() >= options_.errors_max) return;
  // Blanks in front of the line count.
  const size_t line_break = text_.substr(0, begin).rfind('\n');
  const size_t column = refusal.offset - (line_break == std::string_view::npos ? 0 : line_break + 1) + 1;
  batch_.errors.push_back({cursor_.line_number, static_cast<uint32_t>(column), refusal.reason,
                           printable(text_.substr(begin, end - begin), kErrorLineBytesMax)});
}

Reference::Step Reference::parse_line(Line& line) {
  if (Step refusal = parse_series(line)) return refusal;
  while (peek() == ' ') ++at_;
  if (Step refusal = parse_fields(line)) return refusal;
  line.fields_end = static_cast<uint32_t>(at_);
  return parse_timestamp(line);
}

Reference::Step Reference::parse_series(Line& line) {
  const size_t begin = at_;
  if (peek() == ',') return refuse_here("the measurement is empty");
  while (peek() != ' ') {
    if (at_end() || peek() == '\n') return refuse_here(std::string(kNoFields));
    if (peek() == '\t') return refuse_here("a tab is no separator, use a space");
    if (peek() == '\\') {
      line.series_escaped = true;
      ++at_;
    }
    at_ = std::min(at_ + 1, text_.size());
  }
  line.series = slice(begin, at_);
  line.measurement_bytes = measurement_bytes(line.series.in(text_));
  if (line.measurement_bytes > options_.key_bytes_max)
    return Refusal{begin, fmt::format("the measurement has more than {} bytes", options_.key_bytes_max)};
  return std::nullopt;
}

Reference::Step Reference::parse_fields(Line& line) {
  while (true) {
    Field field;
    if (Step refusal = parse_field_key(field)) return refusal;
    if (Step refusal = parse_value(field)) return refusal;
    batch_.fields.push_back(field);
    ++line.field_count;
    if (peek() != ',') break;
    ++at_;
  }
  if (peek() == ' ' || at_line_end()) return std::nullopt;
  return refuse_here("unexpected text after a field value");
}

Reference::Step Reference::parse_field_key(Field& field) {
  const size_t begin = at_;
  while (!at_end() && peek() != '=' && peek() != ' ' && peek() != '\n' && peek() != '\t') {
    if (peek() == '\\') {
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
  if (key.ends_with('\\')) return Refusal{begin, "a field key ends in a backslash"};
  ++at_;
  return std::nullopt;
}

Reference::Step Reference::parse_value(Field& field) {
  const char c = peek();
  if (is_digit(c) || c == '-') return parse_number(field);
  if (c == '"') return parse_string(field);
  return parse_boolean(field);
}

Reference::Step Reference::parse_number(Field& field) {
  const size_t end = token_end();
  const std::string_view token = text_.substr(at_, end - at_);
  const std::string_view digits = token.substr(0, token.size() - 1);
  Result<> outcome;
  const auto take = [&](auto parsed, FieldType type, auto& into) {
    if (!parsed) return outcome = std::unexpected(std::move(parsed).error()), void();
    field.type = type;
    into = *parsed;
  };
  if (token.ends_with('i'))
    take(parse_int64(digits, "integer value"), FieldType::kInteger, field.integer_value);
  else if (token.ends_with('u'))
    take(parse_uint64(digits, "unsigned value"), FieldType::kUnsigned, field.unsigned_value);
  else
    take(parse_double(token), FieldType::kFloat, field.float_value);
  if (!outcome) return refuse_here(outcome.error().message());
  at_ = end;
  return std::nullopt;
}

Reference::Step Reference::parse_string(Field& field) {
  const size_t quote = at_++;
  while (!at_end() && peek() != '"') {
    if (peek() == '\\' && (peek(1) == '"' || peek(1) == '\\')) {
      field.value_escaped = true;
      ++at_;
    }
    ++at_;
  }
  if (at_end()) {
    at_ = quote;
    return refuse_here("a string is not closed");
  }
  field.type = FieldType::kString;
  field.string_value = slice(quote + 1, at_);
  ++at_;
  return std::nullopt;
}

Reference::Step Reference::parse_boolean(Field& field) {
  const size_t end = token_end();
  const std::string_view token = text_.substr(at_, end - at_);
  const bool is_true = token == "t" || token == "T" || token == "true" || token == "True" || token == "TRUE";
  const bool is_false = token == "f" || token == "F" || token == "false" || token == "False" || token == "FALSE";
  if (token.empty()) return refuse_here("a field has no value");
  if (!is_true && !is_false)
    return refuse_here(
        fmt::format("'{}' is neither a number, a boolean nor a quoted string", printable(token, kErrorLineBytesMax)));
  field.type = FieldType::kBoolean;
  field.boolean_value = is_true;
  at_ = end;
  return std::nullopt;
}

Reference::Step Reference::parse_timestamp(Line& line) {
  size_t text_end = at_;
  while (peek() == ' ') ++at_;
  line.timestamp = default_time_;
  if (!at_line_end()) {
    const size_t begin = at_;
    if (peek() == '-') ++at_;
    while (is_digit(peek())) ++at_;
    const std::string_view digits = text_.substr(begin, at_ - begin);
    if (digits.empty() || digits == "-") return Refusal{begin, "a timestamp must be a whole number"};
    const auto parsed = parse_int64(digits, "timestamp");
    if (!parsed) return Refusal{begin, parsed.error().message()};
    const auto nanos = to_nanos(*parsed, options_.precision);
    if (!nanos) return Refusal{begin, fmt::format("timestamp {} does not fit into 64-bit nanoseconds", *parsed)};
    line.timestamp = *nanos;
    line.has_timestamp = true;
    line.timestamp_is_nanos = *nanos == *parsed;
    text_end = at_;
    while (peek() == ' ') ++at_;
    if (!at_line_end()) return refuse_here("unexpected text after the timestamp");
  }
  line.text = slice(line.series.offset, text_end);
  return std::nullopt;
}

Reference::Step Reference::check_line(const Line& line) const {
  const size_t begin = line.series.offset;
  if (line.text.length > options_.line_bytes_max)
    return Refusal{begin, fmt::format("the line has more than {} bytes", options_.line_bytes_max)};
  const size_t invalid = find_invalid_utf8(line.text.in(text_));
  if (invalid != std::string_view::npos) return Refusal{begin + invalid, "invalid UTF-8"};
  return std::nullopt;
}

bool Reference::at_line_end() const {
  return at_end() || peek() == '\n' || (peek() == '\r' && (at_ + 1 == text_.size() || peek(1) == '\n'));
}

size_t Reference::token_end() const { return std::min(text_.find_first_of(", \n\r", at_), text_.size()); }

size_t Reference::next_newline(size_t from) const { return std::min(text_.find('\n', from), text_.size()); }

void Reference::count_newlines(size_t begin, size_t end) {
  cursor_.line_number += static_cast<uint32_t>(std::ranges::count(text_.substr(begin, end - begin), '\n'));
}

}  // namespace magnetite::line_protocol
