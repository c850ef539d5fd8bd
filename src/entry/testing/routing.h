// A small language for tests: text in, a routed write out, tables remembered from one body to the next.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "entry/routed_write.h"

namespace magnetite::entry::testing {

inline constexpr int64_t kDefaultTime = 1'602'338'097'000'000'000;

inline std::unique_ptr<ParsedBody> parse(std::string text,
                                         line_protocol::Precision precision = line_protocol::Precision::kNanoseconds) {
  auto body = std::make_unique<ParsedBody>();
  body->text = std::move(text);
  line_protocol::ParseOptions options;
  options.precision = precision;
  options.default_time_nanos = kDefaultTime;
  line_protocol::parse(body->text, options, body->batch);
  return body;
}

// Spellings in the order they were told.
class FakeLookup final : public SeriesLookup {
 public:
  using SeriesLookup::find;
  SeriesOrdinal find(std::string_view raw) const override {
    const auto found = ordinals_.find(raw);
    return found == ordinals_.end() ? kUnknownSeries : found->second;
  }
  void insert(std::string_view raw) {
    ordinals_.try_emplace(std::string(raw), static_cast<uint32_t>(ordinals_.size()));
  }

 private:
  std::map<std::string, SeriesOrdinal, std::less<>> ordinals_;
};

class FakeContext final : public RouteContext {
 public:
  std::shared_ptr<const schema::TableSchema> table(std::string_view name) override {
    const auto found = tables_.find(name);
    return found == tables_.end() ? nullptr : found->second;
  }
  std::shared_ptr<const SeriesLookup> series(std::string_view table, std::string_view partition_key) override {
    const auto found = lookups_.find({std::string(table), std::string(partition_key)});
    return found == lookups_.end() ? nullptr : found->second;
  }
  size_t table_count() override { return tables_.size(); }

  void accept(const ParsedBody& body, const RoutedWrite& write) {
    for (const TableWrite& each : write.tables) tables_[each.name] = each.schema;
    for (const PartitionWrite& each : write.partitions) {
      auto& lookup = lookups_[{write.tables[each.table].name, each.partition_key}];
      if (lookup == nullptr) lookup = std::make_shared<FakeLookup>();
      for (const NewSeries& series : each.new_series)
        lookup->insert(body.batch.lines[each.lines[series.position]].series.in(body.text));
    }
  }

 private:
  std::map<std::string, std::shared_ptr<const schema::TableSchema>, std::less<>> tables_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<FakeLookup>> lookups_;
};

struct Routing {
  FakeContext context;
  RouteOptions options;
  PartitionKeyMaker keys;
  std::unique_ptr<ParsedBody> body;

  explicit Routing(std::vector<model::TemplatePart> parts = {model::TimePart{"%Y-%m-%d"}})
      : keys(PartitionKeyMaker::make({std::move(parts)}).value()) {}

  RoutedWrite operator()(std::string text) {
    body = parse(std::move(text));
    RoutedWrite write = route(*body, keys, options, context);
    context.accept(*body, write);
    return write;
  }
};

}  // namespace magnetite::entry::testing
