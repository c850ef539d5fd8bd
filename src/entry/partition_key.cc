#include "entry/partition_key.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/check.h"
#include "entry/floor_divide.h"
#include "entry/time_format.h"

namespace magnetite::entry {
namespace {

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
    std::optional<TimeFormat> format;
  };
  std::vector<Part> parts;
  std::vector<std::string> tag_columns;
  int64_t unit = INT64_MAX;  // of the finest time part; INT64_MAX without one

  static void append(const Part& part, std::string_view table, int64_t time_nanos,
                     const line_protocol::SeriesName* name, std::string& key);
};

PartitionKeyMaker::PartitionKeyMaker(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PartitionKeyMaker::PartitionKeyMaker(PartitionKeyMaker&&) noexcept = default;
PartitionKeyMaker& PartitionKeyMaker::operator=(PartitionKeyMaker&&) noexcept = default;
PartitionKeyMaker::~PartitionKeyMaker() = default;

Result<PartitionKeyMaker> PartitionKeyMaker::make(const model::PartitionTemplate& rules) {
  auto parts = std::make_unique<Parts>();
  for (size_t i = 0; i < rules.parts.size(); ++i) {
    const auto at = [&](std::string_view field) {
      return fmt::format("rules.partition_template.parts.{}.part.{}", i, field);
    };
    Parts::Part part{rules.parts[i], nullptr, std::nullopt};
    if (const auto* column = std::get_if<model::ColumnPart>(&part.rule)) {
      parts->tag_columns.push_back(column->column);
    } else if (const auto* time = std::get_if<model::TimePart>(&part.rule)) {
      auto format = TimeFormat::parse(time->format);
      if (!format) return std::unexpected(std::move(format).error().with_context(at("time")));
      part.format = *std::move(format);
      parts->unit = std::min(parts->unit, part.format->unit_nanos());
    } else if (const auto* regex = std::get_if<model::RegexPart>(&part.rule)) {
      parts->tag_columns.push_back(regex->column);
      part.regex = std::make_unique<re2::RE2>(regex->regex, re2::RE2::Quiet);
      if (!part.regex->ok())
        return fail(ErrorCode::kInvalidInput, fmt::format("{}: {}", at("regex.format"), part.regex->error()));
    } else if (const auto* strftime = std::get_if<model::StrftimePart>(&part.rule)) {
      parts->tag_columns.push_back(strftime->column);
      auto format = TimeFormat::parse(strftime->format);
      if (!format) return std::unexpected(std::move(format).error().with_context(at("strf_time.format")));
      part.format = *std::move(format);
    }
    parts->parts.push_back(std::move(part));
  }
  std::ranges::sort(parts->tag_columns);
  const auto repeated = std::ranges::unique(parts->tag_columns);
  parts->tag_columns.erase(repeated.begin(), repeated.end());
  return PartitionKeyMaker(std::move(parts));
}

bool PartitionKeyMaker::reads_tags() const { return !parts_->tag_columns.empty(); }
const std::vector<std::string>& PartitionKeyMaker::tag_columns() const { return parts_->tag_columns; }

int64_t PartitionKeyMaker::time_bucket(int64_t time_nanos) const {
  return parts_->unit == INT64_MAX ? 0 : floor_divide(time_nanos, parts_->unit);
}

void PartitionKeyMaker::Parts::append(const Part& part, std::string_view table, int64_t time_nanos,
                                      const line_protocol::SeriesName* name, std::string& key) {
  if (std::holds_alternative<model::TablePart>(part.rule)) {
    key += table;
  } else if (std::holds_alternative<model::TimePart>(part.rule)) {
    part.format->append(time_nanos, key);
  } else if (const auto* column = std::get_if<model::ColumnPart>(&part.rule)) {
    if (const std::string* value = find_tag(name, column->column)) key += fmt::format("{}_{}", column->column, *value);
  } else if (const auto* regex = std::get_if<model::RegexPart>(&part.rule)) {
    const std::string* value = find_tag(name, regex->column);
    if (value == nullptr) return;
    re2::StringPiece groups[2];
    const int wanted = part.regex->NumberOfCapturingGroups() > 0 ? 2 : 1;
    if (part.regex->Match(*value, 0, value->size(), re2::RE2::UNANCHORED, groups, wanted))
      key.append(groups[wanted - 1].data(), groups[wanted - 1].size());
  } else if (const auto* strftime = std::get_if<model::StrftimePart>(&part.rule)) {
    const std::string* value = find_tag(name, strftime->column);
    if (value == nullptr) return;
    int64_t nanos = 0;
    const char* const end = value->data() + value->size();
    const auto [stop, code] = std::from_chars(value->data(), end, nanos);
    if (code == std::errc() && stop == end) part.format->append(nanos, key);
  }
}

std::string PartitionKeyMaker::key(std::string_view table, int64_t time_nanos,
                                   const line_protocol::SeriesName* name) const {
  std::string key;
  bool first = true;
  for (const Parts::Part& part : parts_->parts) {
    if (!first) key += '-';
    first = false;
    Parts::append(part, table, time_nanos, name, key);
  }
  return key;
}

uint32_t sequencer_index(std::string_view table, std::string_view partition_key, uint32_t sequencer_count) {
  MAGNETITE_CHECK(sequencer_count > 0);
  std::string bytes(table);
  bytes += '\xFF';
  bytes += partition_key;
  return static_cast<uint32_t>(XXH3_64bits(bytes.data(), bytes.size()) % sequencer_count);
}

}  // namespace magnetite::entry
