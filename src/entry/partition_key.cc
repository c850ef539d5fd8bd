#include "entry/partition_key.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>

namespace magnetite::entry {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

int64_t floor_divide(int64_t value, int64_t unit) { return value / unit - (value % unit < 0 ? 1 : 0); }

std::string format_time(const std::string& format, int64_t time_nanos) {
  const std::time_t seconds = floor_divide(time_nanos, kSecond);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  // %f and %N print the fraction, which strftime does not know.
  std::string expanded;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && i + 1 < format.size()) {
      const char code = format[i + 1];
      if (code == 'f' || code == 'N') {
        expanded += fmt::format("{:09}", time_nanos - seconds * kSecond);
        ++i;
        continue;
      }
      expanded += format[i++];
    }
    expanded += format[i];
  }
  std::string text(64, '\0');
  constexpr size_t kTextBytesMax = 4096;
  while (true) {
    const size_t size = std::strftime(text.data(), text.size(), expanded.c_str(), &parts);
    if (size > 0 || text.size() >= kTextBytesMax) {
      text.resize(size);
      return text;
    }
    text.resize(text.size() * 4);
  }
}

// The finest unit a format prints, in nanoseconds.
int64_t finest_unit(std::string_view format) {
  int64_t unit = 24 * 3600 * kSecond;
  for (size_t i = 0; i + 1 < format.size(); ++i) {
    if (format[i] != '%') continue;
    switch (format[++i]) {
      case 'Y': case 'y': case 'C': case 'm': case 'd': case 'e': case 'j': case 'F': case 'D': case 'b': case 'B': case 'h':
      case 'a': case 'A': case 'u': case 'w': case 'U': case 'W': case 'V': case 'G': case 'g': case 'x': case '%': case 'n':
      case 't': case 'Z': case 'z':
        break;
      case 'H': case 'I': case 'k': case 'l': case 'p': unit = std::min(unit, 3600 * kSecond); break;
      case 'M': case 'R': unit = std::min(unit, 60 * kSecond); break;
      case 'S': case 's': case 'T': case 'c': case 'r': case 'X': unit = std::min(unit, kSecond); break;
      default: unit = 1;
    }
  }
  return unit;
}

const std::string* find_tag(const line_protocol::SeriesName* name, const std::string& column) {
  if (name == nullptr) return nullptr;
  const auto found = std::ranges::lower_bound(name->tags, column, {}, &line_protocol::Tag::key);
  return found != name->tags.end() && found->key == column ? &found->value : nullptr;
}

}  // namespace

struct PartitionKeyMaker::Parts {
  struct Part {
    model::TemplatePart rule;
    std::unique_ptr<re2::RE2> regex;
  };
  std::vector<Part> parts;
  std::vector<std::string> tag_columns;
  int64_t unit = INT64_MAX;  // without a time part one bucket holds everything

  static std::string text(const Part& part, std::string_view table, int64_t time_nanos,
                          const line_protocol::SeriesName* name);
};

PartitionKeyMaker::PartitionKeyMaker(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PartitionKeyMaker::PartitionKeyMaker(PartitionKeyMaker&&) noexcept = default;
PartitionKeyMaker& PartitionKeyMaker::operator=(PartitionKeyMaker&&) noexcept = default;
PartitionKeyMaker::~PartitionKeyMaker() = default;

Result<PartitionKeyMaker> PartitionKeyMaker::make(const model::PartitionTemplate& rules) {
  auto parts = std::make_unique<Parts>();
  for (size_t i = 0; i < rules.parts.size(); ++i) {
    Parts::Part part{rules.parts[i], nullptr};
    if (const auto* column = std::get_if<model::ColumnPart>(&part.rule)) {
      parts->tag_columns.push_back(column->column);
    } else if (const auto* time = std::get_if<model::TimePart>(&part.rule)) {
      parts->unit = std::min(parts->unit, finest_unit(time->format));
    } else if (const auto* regex = std::get_if<model::RegexPart>(&part.rule)) {
      parts->tag_columns.push_back(regex->column);
      part.regex = std::make_unique<re2::RE2>(regex->regex, re2::RE2::Quiet);
      if (!part.regex->ok())
        return fail(ErrorCode::kInvalidInput, fmt::format("rules.partition_template.parts.{}.part.regex.format: {}", i,
                                                          part.regex->error()));
    } else if (const auto* strftime = std::get_if<model::StrftimePart>(&part.rule)) {
      parts->tag_columns.push_back(strftime->column);
    }
    parts->parts.push_back(std::move(part));
  }
  return PartitionKeyMaker(std::move(parts));
}

bool PartitionKeyMaker::reads_tags() const { return !parts_->tag_columns.empty(); }
const std::vector<std::string>& PartitionKeyMaker::tag_columns() const { return parts_->tag_columns; }

int64_t PartitionKeyMaker::time_bucket(int64_t time_nanos) const { return floor_divide(time_nanos, parts_->unit); }

std::string PartitionKeyMaker::Parts::text(const Part& part, std::string_view table, int64_t time_nanos,
                                           const line_protocol::SeriesName* name) {
  if (std::holds_alternative<model::TablePart>(part.rule)) return std::string(table);
  if (const auto* time = std::get_if<model::TimePart>(&part.rule)) return format_time(time->format, time_nanos);
  if (const auto* column = std::get_if<model::ColumnPart>(&part.rule)) {
    const std::string* value = find_tag(name, column->column);
    return value == nullptr ? std::string() : fmt::format("{}_{}", column->column, *value);
  }
  if (const auto* regex = std::get_if<model::RegexPart>(&part.rule)) {
    const std::string* value = find_tag(name, regex->column);
    if (value == nullptr) return {};
    re2::StringPiece groups[2];
    const int wanted = part.regex->NumberOfCapturingGroups() > 0 ? 2 : 1;
    if (!part.regex->Match(*value, 0, value->size(), re2::RE2::UNANCHORED, groups, wanted)) return {};
    return std::string(groups[wanted - 1]);
  }
  const auto& strftime = std::get<model::StrftimePart>(part.rule);
  const std::string* value = find_tag(name, strftime.column);
  if (value == nullptr) return {};
  int64_t nanos = 0;
  const auto [stop, code] = std::from_chars(value->data(), value->data() + value->size(), nanos);
  if (code != std::errc() || stop != value->data() + value->size()) return {};
  return format_time(strftime.format, nanos);
}

std::string PartitionKeyMaker::key(std::string_view table, int64_t time_nanos,
                                   const line_protocol::SeriesName* name) const {
  std::string key;
  bool first = true;
  for (const Parts::Part& part : parts_->parts) {
    if (!first) key += '-';
    first = false;
    key += Parts::text(part, table, time_nanos, name);
  }
  return key;
}

uint32_t sequencer_index(std::string_view table, std::string_view partition_key, uint32_t sequencer_count) {
  std::string bytes(table);
  bytes += '\xFF';
  bytes += partition_key;
  return static_cast<uint32_t>(XXH3_64bits(bytes.data(), bytes.size()) % sequencer_count);
}

}  // namespace magnetite::entry
