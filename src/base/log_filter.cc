#include "base/log_filter.h"

#include <fmt/format.h>

#include <optional>

namespace magnetite::log {
namespace {

std::optional<Level> level_of(std::string_view word) {
  if (word == "trace" || word == "debug") return Level::kDebug;
  if (word == "info") return Level::kInfo;
  if (word == "warn") return Level::kWarn;
  if (word == "error" || word == "off") return Level::kError;
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<Filter> parse_filter(std::string_view text) {
  Filter filter;
  while (!text.empty()) {
    const size_t end = text.find(',');
    const std::string_view word = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (word.empty()) continue;
    if (const auto level = level_of(word))
      filter.level = *level;
    else if (word.contains('=') || word.contains("::"))
      filter.ignored.emplace_back(word);
    else
      return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is no level: debug, info, warn or error", word));
  }
  return filter;
}

}  // namespace magnetite::log
