#include "sharding/sharder.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>

#include "line_protocol/utf8.h"
#include "sharding/hash_ring.h"

namespace magnetite::sharding {
namespace {

constexpr char kSeparator = '\xff';  // in no UTF-8 text

struct Target {
  std::unique_ptr<const re2::RE2> table;  // nullptr: matches nothing
  uint32_t shard = 0;
};

class CompiledSharder final : public Sharder {
 public:
  CompiledSharder(std::vector<Target> targets, const std::optional<model::HashRing>& ring)
      : targets_(std::move(targets)) {
    if (!ring) return;
    by_table_ = ring->table_name;
    columns_ = ring->columns;
    ring_.emplace(ring->shards);
  }

  ShardedLines split(std::string_view text, const line_protocol::Batch& batch) const override {
    ShardedLines result;
    result.errors = batch.errors;
    std::unordered_map<std::string_view, Answer> by_series;  // raw text: without columns, the measurement's
    for (uint32_t i = 0; i < batch.lines.size(); ++i) {
      const line_protocol::Line& line = batch.lines[i];
      const std::string_view series = line.series.in(text);
      const std::string_view known_by = columns_.empty() ? series.substr(0, line.measurement_bytes) : series;
      const auto [found, is_new] = by_series.try_emplace(known_by);
      if (is_new) found->second = answer(series, line.measurement_bytes);
      const Answer& answer = found->second;
      std::string problem = answer.problem;
      if (problem.empty() && answer.by_ring) problem = field_of_ring(text, batch, line);
      if (problem.empty()) {
        result.shards[answer.shard].push_back(i);
        continue;
      }
      result.errors.push_back({line.number, 1, std::move(problem),
                               line_protocol::printable(line.text.in(text), line_protocol::kErrorLineBytesMax)});
    }
    std::ranges::stable_sort(result.errors, {}, &line_protocol::LineError::line_number);
    return result;
  }

 private:
  struct Answer {
    uint32_t shard = 0;
    bool by_ring = false;
    std::string problem;  // instead of a shard
  };

  Answer answer(std::string_view series, size_t measurement_bytes) const {
    std::string table;
    line_protocol::append_unescaped(series.substr(0, measurement_bytes), line_protocol::Escapes::kMeasurement, table);
    for (const Target& target : targets_)
      if (target.table != nullptr && re2::RE2::PartialMatch(table, *target.table)) return {target.shard, false, {}};
    if (!ring_) return {0, false, fmt::format("no sharding rule matches table '{}'", table)};
    std::string key;
    if (by_table_) key += table + kSeparator;
    if (!columns_.empty()) {
      const auto name = line_protocol::split_series(series, std::numeric_limits<size_t>::max());
      if (!name) return {0, true, name.error().message()};
      for (const std::string& column : columns_) {
        const auto tag = std::ranges::find(name->tags, column, &line_protocol::Tag::key);
        if (tag != name->tags.end()) key += tag->value;
        key += kSeparator;
      }
    }
    return {ring_->shard_of(key), true, {}};
  }

  // Empty: none of its fields is a column of the ring.
  std::string field_of_ring(std::string_view text, const line_protocol::Batch& batch,
                            const line_protocol::Line& line) const {
    if (columns_.empty()) return {};
    for (uint32_t i = line.field_first; i < line.field_first + line.field_count; ++i) {
      std::string key;
      line_protocol::append_unescaped(batch.fields[i].key.in(text), line_protocol::Escapes::kKey, key);
      if (std::ranges::contains(columns_, key))
        return fmt::format("column '{}' says which shard a line goes to, it must be a tag", key);
    }
    return {};
  }

  std::vector<Target> targets_;
  bool by_table_ = false;
  std::vector<std::string> columns_;
  std::optional<HashRing> ring_;
};

}  // namespace

Result<std::shared_ptr<const Sharder>> Sharder::make(const model::ShardConfig& config) {
  std::vector<Target> targets;
  for (size_t i = 0; i < config.specific_targets.size(); ++i) {
    const model::SpecificTarget& given = config.specific_targets[i];
    Target& target = targets.emplace_back();
    target.shard = given.shard;
    if (given.table_name_regex.empty()) continue;
    target.table = std::make_unique<const re2::RE2>(given.table_name_regex, re2::RE2::Quiet);
    if (!target.table->ok())
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("rules.routing_rules.shard_config.specific_targets.{}.matcher.table_name_regex: {}", i,
                              target.table->error()));
  }
  return std::make_shared<const CompiledSharder>(std::move(targets), config.hash_ring);
}

Result<std::shared_ptr<const Route>> compile(const model::RoutingRules& rules) {
  if (const auto* routing = std::get_if<model::RoutingConfig>(&rules)) {
    Route route;
    route.target = routing->target;
    return std::make_shared<const Route>(std::move(route));
  }
  if (const auto* config = std::get_if<model::ShardConfig>(&rules)) {
    Route route;
    MAGNETITE_TRY(route.sharder, Sharder::make(*config));
    route.shards = config->shards;
    route.ignore_errors = config->ignore_errors;
    return std::make_shared<const Route>(std::move(route));
  }
  return std::shared_ptr<const Route>();
}

}  // namespace magnetite::sharding
