// route() and make_payload() over a TSBS cpu-only body whose series are all known.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "chunk/series_dictionary.h"
#include "entry/routed_write.h"

namespace magnetite::entry {
namespace {

constexpr int64_t kStart = 1'451'606'400'000'000'000;
constexpr int kFieldCount = 10;

std::string series_text(uint64_t host) {
  return fmt::format(
      "cpu,hostname=host_{},region=eu-central-1,datacenter=eu-central-1a,rack={},os=Ubuntu15.10,arch=x86,"
      "team=SF,service={},service_version=1,service_environment=test",
      host, host % 100, host % 20);
}

std::string body_text(uint64_t hosts, uint64_t lines, int64_t time_unit_nanos = 1) {
  constexpr std::string_view kNames[kFieldCount] = {"usage_user",   "usage_system",    "usage_idle",    "usage_nice",
                                                    "usage_iowait", "usage_irq",       "usage_softirq", "usage_steal",
                                                    "usage_guest",  "usage_guest_nice"};
  std::mt19937_64 random(1);
  std::string text;
  for (uint64_t i = 0; i < lines; ++i) {
    text += series_text(i % hosts);
    for (int f = 0; f < kFieldCount; ++f)
      fmt::format_to(std::back_inserter(text), "{}{}={}i", f == 0 ? ' ' : ',', kNames[f], random() % 100);
    fmt::format_to(std::back_inserter(text), " {}\n",
                   (kStart + static_cast<int64_t>(i / hosts) * 10'000'000'000) / time_unit_nanos);
  }
  return text;
}

class KnownContext final : public RouteContext {
 public:
  std::shared_ptr<const schema::TableSchema> table(std::string_view) override { return schema_; }
  std::shared_ptr<const SeriesLookup> series(std::string_view, std::string_view) override { return dictionary_; }
  size_t table_count() override { return 1; }

  void learn(const ParsedBody& body, const RoutedWrite& write) {
    schema_ = write.tables.at(0).schema;
    for (const PartitionWrite& partition : write.partitions) {
      for (const NewSeries& series : partition.new_series) {
        std::vector<std::pair<model::ColumnId, std::string_view>> tags;
        for (const auto& tag : series.name.tags) tags.emplace_back(schema_->find(tag.key)->id, tag.value);
        dictionary_->insert(body.batch.lines[partition.lines[series.position]].series.in(body.text), tags);
      }
    }
  }

 private:
  std::shared_ptr<const schema::TableSchema> schema_;
  std::shared_ptr<chunk::SeriesDictionary> dictionary_ = std::make_shared<chunk::SeriesDictionary>();
};

void run(benchmark::State& state, std::vector<model::TemplatePart> parts) {
  const auto hosts = static_cast<uint64_t>(state.range(0));
  const auto keys = PartitionKeyMaker::make({std::move(parts)}).value();
  RouteOptions options;
  options.sequencer_count = 2;
  KnownContext context;
  {
    ParsedBody all;
    all.text = body_text(hosts, hosts);
    line_protocol::parse(all.text, {}, all.batch);
    context.learn(all, route(all, keys, options, context));
  }
  ParsedBody body;
  constexpr uint64_t kLines = 10'000;
  body.text = body_text(hosts, kLines);
  line_protocol::parse(body.text, {}, body.batch);
  for (auto _ : state) {
    RoutedWrite write = route(body, keys, options, context);
    benchmark::DoNotOptimize(write);
  }
  state.counters["per_line"] = benchmark::Counter(static_cast<double>(state.iterations()) * kLines,
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void route_known_series(benchmark::State& state) { run(state, {model::TimePart{"%Y-%m-%d"}}); }
void route_by_tag(benchmark::State& state) { run(state, {model::ColumnPart{"region"}, model::TimePart{"%Y-%m-%d"}}); }
BENCHMARK(route_known_series)->Arg(100)->Arg(4'000)->Arg(100'000);
BENCHMARK(route_by_tag)->Arg(100)->Arg(4'000);

// The last line of the body is left out, so that a text must be composed. 0: times are nanoseconds, 1: seconds.
void payload(benchmark::State& state) {
  const bool seconds = state.range(0) == 1;
  ParsedBody body;
  body.text = body_text(100, 10'000, seconds ? 1'000'000'000 : 1);
  line_protocol::ParseOptions parsing;
  if (seconds) parsing.precision = line_protocol::Precision::kSeconds;
  line_protocol::parse(body.text, parsing, body.batch);
  std::vector<uint32_t> lines;
  for (uint32_t i = 0; i + 1 < body.batch.lines.size(); ++i) lines.push_back(i);
  for (auto _ : state) {
    Payload out;
    make_payload(body, lines, out);
    benchmark::DoNotOptimize(out);
  }
  state.counters["per_line"] =
      benchmark::Counter(static_cast<double>(state.iterations() * static_cast<int64_t>(lines.size())),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(payload)->Arg(0)->Arg(1);

}  // namespace
}  // namespace magnetite::entry

BENCHMARK_MAIN();
