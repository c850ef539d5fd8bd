#include "line_protocol/series_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "line_protocol/parser.h"
#include "line_protocol/utf8.h"

namespace magnetite::line_protocol {
namespace {

// Index of the first unescaped `stop` in `raw` from `at`, or its size.
size_t find_unescaped(std::string_view raw, size_t at, char stop) {
  while (at < raw.size() && raw[at] != stop) at += raw[at] == '\\' ? 2 : 1;
  return std::min(at, raw.size());
}

Result<std::string> unescape(std::string_view raw, Escapes escapes, std::string_view what, size_t bytes_max) {
  std::string text;
  append_unescaped(raw, escapes, text);
  if (text.empty()) return fail(ErrorCode::kInvalidInput, fmt::format("{} is empty", what));
  if (text.size() > bytes_max)
    return fail(ErrorCode::kInvalidInput, fmt::format("{} has more than {} bytes", what, bytes_max));
  if (text.back() == '\\') return fail(ErrorCode::kInvalidInput, fmt::format("{} ends in a backslash", what));
  return text;
}

void append_escaped(std::string_view text, std::string_view special, std::string& out) {
  for (const char c : text) {
    if (special.contains(c)) out += '\\';
    out += c;
  }
}

}  // namespace

Result<SeriesName> split_series(std::string_view raw, size_t key_bytes_max) {
  if (find_invalid_utf8(raw) != std::string_view::npos) return fail(ErrorCode::kInvalidInput, "invalid UTF-8");
  SeriesName name;
  size_t at = find_unescaped(raw, 0, ',');
  MAGNETITE_TRY(name.measurement, unescape(raw.substr(0, at), Escapes::kMeasurement, "the measurement", key_bytes_max));
  while (at < raw.size()) {
    ++at;
    const size_t equals = find_unescaped(raw, at, '=');
    if (equals == raw.size()) return fail(ErrorCode::kInvalidInput, fmt::format("tag '{}' has no '='", raw.substr(at)));
    const size_t end = find_unescaped(raw, equals + 1, ',');
    Tag tag;
    MAGNETITE_TRY(tag.key, unescape(raw.substr(at, equals - at), Escapes::kKey, "a tag key", key_bytes_max));
    MAGNETITE_TRY(tag.value, unescape(raw.substr(equals + 1, end - equals - 1), Escapes::kKey,
                                      fmt::format("the value of tag '{}'", tag.key), key_bytes_max));
    if (tag.key == "time")
      return fail(ErrorCode::kInvalidInput, "'time' is the timestamp's name, a tag cannot have it");
    name.tags.push_back(std::move(tag));
    at = end;
  }
  std::ranges::sort(name.tags);
  const auto twice = std::ranges::adjacent_find(name.tags, {}, &Tag::key);
  if (twice != name.tags.end()) return fail(ErrorCode::kInvalidInput, fmt::format("tag '{}' occurs twice", twice->key));
  return name;
}

std::string canonical_text(const SeriesName& name) {
  std::string text;
  append_escaped(name.measurement, ", \\", text);
  for (const Tag& tag : name.tags) {
    text += ',';
    append_escaped(tag.key, ",= \\", text);
    text += '=';
    append_escaped(tag.value, ",= \\", text);
  }
  return text;
}

}  // namespace magnetite::line_protocol
