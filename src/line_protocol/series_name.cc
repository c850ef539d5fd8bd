#include "line_protocol/series_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "line_protocol/parser.h"
#include "line_protocol/utf8.h"

namespace magnetite::line_protocol {
namespace {

constexpr std::string_view kMeasurementSpecial = ", \\";
constexpr std::string_view kTagSpecial = ",= \\";

// Index of the first unescaped one of `stops` in `raw` from `at`, or its size.
size_t find_unescaped(std::string_view raw, size_t at, std::string_view stops) {
  while (at < raw.size() && !stops.contains(raw[at])) at += raw[at] == '\\' ? 2 : 1;
  return std::min(at, raw.size());
}

// What is wrong with a token, as the end of a sentence; empty when it is good.
std::string defect(std::string_view token, size_t bytes_max) {
  if (token.empty()) return "is empty";
  if (token.size() > bytes_max) return fmt::format("has more than {} bytes", bytes_max);
  if (token.ends_with('\\')) return "ends in a backslash";
  return {};
}

Result<Tag> split_tag(std::string_view raw, size_t key_bytes_max) {
  const size_t equals = find_unescaped(raw, 0, "=");
  if (equals == raw.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("tag '{}' has no '='", printable(raw, kErrorLineBytesMax)));
  Tag tag;
  append_unescaped(raw.substr(0, equals), Escapes::kKey, tag.key);
  append_unescaped(raw.substr(equals + 1), Escapes::kKey, tag.value);
  const auto named = [&] { return printable(tag.key, kErrorLineBytesMax); };
  if (const std::string wrong = defect(tag.key, key_bytes_max); !wrong.empty())
    return fail(ErrorCode::kInvalidInput, fmt::format("the tag key '{}' {}", named(), wrong));
  if (const std::string wrong = defect(tag.value, key_bytes_max); !wrong.empty())
    return fail(ErrorCode::kInvalidInput, fmt::format("the value of tag '{}' {}", named(), wrong));
  if (tag.key == "time") return fail(ErrorCode::kInvalidInput, "'time' is the timestamp's name, a tag cannot have it");
  return tag;
}

// A backslash is doubled only where it would take the next character for itself.
void append_escaped(std::string_view text, std::string_view special, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char judged = text[i] == '\\' ? (i + 1 < text.size() ? text[i + 1] : '\0') : text[i];
    if (special.contains(judged)) out += '\\';
    out += text[i];
  }
}

}  // namespace

Result<SeriesName> split_series(std::string_view raw, size_t key_bytes_max) {
  if (find_invalid_utf8(raw) != std::string_view::npos) return fail(ErrorCode::kInvalidInput, "invalid UTF-8");
  if (find_unescaped(raw, 0, " \t\n") != raw.size())
    return fail(ErrorCode::kInvalidInput, "a blank in measurement or tags is not escaped");
  SeriesName name;
  size_t at = find_unescaped(raw, 0, ",");
  append_unescaped(raw.substr(0, at), Escapes::kMeasurement, name.measurement);
  if (const std::string wrong = defect(name.measurement, key_bytes_max); !wrong.empty())
    return fail(ErrorCode::kInvalidInput, "the measurement " + wrong);
  if (name.measurement.contains('\0')) return fail(ErrorCode::kInvalidInput, "the measurement holds a NUL byte");
  while (at < raw.size()) {
    // A comma in front of '=' belongs to the key.
    const size_t end = find_unescaped(raw, find_unescaped(raw, at + 1, "="), ",");
    MAGNETITE_TRY(Tag tag, split_tag(raw.substr(at + 1, end - at - 1), key_bytes_max));
    name.tags.push_back(std::move(tag));
    at = end;
  }
  std::ranges::sort(name.tags);
  const auto twice = std::ranges::adjacent_find(name.tags, {}, &Tag::key);
  if (twice != name.tags.end())
    return fail(ErrorCode::kInvalidInput,
                fmt::format("tag '{}' occurs twice", printable(twice->key, kErrorLineBytesMax)));
  return name;
}

std::string canonical_text(const SeriesName& name) {
  std::string text;
  append_escaped(name.measurement, kMeasurementSpecial, text);
  for (const Tag& tag : name.tags) {
    text += ',';
    append_escaped(tag.key, kTagSpecial, text);
    text += '=';
    append_escaped(tag.value, kTagSpecial, text);
  }
  return text;
}

}  // namespace magnetite::line_protocol
