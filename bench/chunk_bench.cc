// Chunks: appending, freezing into an image, reading it, merging. Data: 10 tags, 10 integer fields that walk at random
// between 0 and 100, as TSBS's cpu-only. Peers on 2 vCPU: freezing DuckDB COPY 2.0 M rows/s per core; bytes per row
// Parquet zstd 7.1-7.8, VictoriaMetrics 6.2.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "chunk/image.h"
#include "chunk/merge.h"
#include "chunk/sorted_rows.h"
#include "chunk/testing/table_maker.h"
#include "cpu_load.h"

namespace magnetite::chunk {
namespace {

using bench::kFieldNames;
using bench::kHosts;
using bench::kInterval;
using bench::Load;

constexpr size_t kSteps = 250;  // a million rows

// A chunk of a million rows, made once.
testing::TableMaker& filled_table() {
  static testing::TableMaker table = [] {
    testing::TableMaker made("cpu");
    Load load;
    for (size_t step = 0; step < kSteps; step += 10) made.write(load.lines(10));
    return made;
  }();
  return table;
}

SortKey key_of(testing::TableMaker& table) { return extend_sort_key({}, table.chunk().snapshot()); }

ImageBytes filled_image(const ImageOptions& options) {
  testing::TableMaker& table = filled_table();
  const auto sorted = sort_rows(table.chunk().snapshot(), key_of(table));
  return *write_image(*sorted, *table.schema(), {"bench", {}, "all", {}, {}}, options);
}

ImageOptions options_for(int64_t level) {
  ImageOptions options;
  if (level == 0) options.compression = Compression::kLz4Raw;
  options.compression_level = static_cast<int>(level);
  return options;
}

void append(benchmark::State& state) {
  testing::TableMaker table("cpu");
  Load load;
  testing::TableMaker::Prepared write;
  table.prepare(load.lines(2), write);
  for (auto _ : state) {
    if (table.chunk().rows() > 1'000'000) {
      state.PauseTiming();
      table.start_chunk();
      table.prepare(std::string(write.body.text), write);
      state.ResumeTiming();
    }
    for (auto& line : write.body.batch.lines) line.timestamp += 2 * kInterval;
    table.append(write);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(write.body.batch.lines.size()));
}
BENCHMARK(append)->Unit(benchmark::kMillisecond);

void find_series(benchmark::State& state) {
  testing::TableMaker table("cpu");
  Load load;
  testing::TableMaker::Prepared write;
  table.prepare(load.lines(1), write);
  const size_t lines = static_cast<size_t>(state.range(0));
  for (auto _ : state)
    for (size_t i = 0; i < lines; ++i)
      benchmark::DoNotOptimize(table.dictionary().find(write.body.batch.lines[i].series.in(write.body.text)));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(lines));
}
BENCHMARK(find_series)->Arg(100)->Arg(4'000);

void insert_series(benchmark::State& state) {
  constexpr size_t kSeries = 1'000'000;
  for (auto _ : state) {
    SeriesDictionary dictionary;
    std::string raw;
    std::string host;
    for (size_t i = 0; i < kSeries; ++i) {
      host = fmt::format("host_{}", i);
      raw = fmt::format(
          "cpu,hostname={},region=eu-central-1,datacenter=eu-central-1a,rack={},os=Ubuntu15.10,arch=x64"
          ",team=SF,service={},service_version=1,service_environment=production,padding=as_long_as_others",
          host, i % 100, i % 20);
      const std::string rack = std::to_string(i % 100);
      const std::string service = std::to_string(i % 20);
      const std::vector<std::pair<model::ColumnId, std::string_view>> tags{{model::ColumnId{1}, host},
                                                                           {model::ColumnId{2}, "eu-central-1"},
                                                                           {model::ColumnId{3}, "eu-central-1a"},
                                                                           {model::ColumnId{4}, rack},
                                                                           {model::ColumnId{5}, "Ubuntu15.10"},
                                                                           {model::ColumnId{6}, "x64"},
                                                                           {model::ColumnId{7}, "SF"},
                                                                           {model::ColumnId{8}, service},
                                                                           {model::ColumnId{9}, "1"},
                                                                           {model::ColumnId{10}, "production"}};
      dictionary.insert(raw, tags);
    }
    state.counters["bytes_per_series"] = static_cast<double>(dictionary.bytes()) / kSeries;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kSeries));
}
BENCHMARK(insert_series)->Unit(benchmark::kMillisecond)->Iterations(1);

void sort_snapshot(benchmark::State& state) {
  testing::TableMaker& table = filled_table();
  const SortKey key = key_of(table);
  for (auto _ : state) benchmark::DoNotOptimize(sort_rows(table.chunk().snapshot(), key));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(table.chunk().rows()));
}
BENCHMARK(sort_snapshot)->Unit(benchmark::kMillisecond);

// All fields of a sorted snapshot in table order.
void gather_fields(benchmark::State& state) {
  testing::TableMaker& table = filled_table();
  const auto sorted = sort_rows(table.chunk().snapshot(), key_of(table));
  for (auto _ : state)
    for (const char* name : kFieldNames)
      for (size_t group = 0; group < sorted->row_groups().size(); ++group)
        benchmark::DoNotOptimize(sorted->decode(group, table.id(name)));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(table.chunk().rows() * kFieldNames.size()));
}
BENCHMARK(gather_fields)->Unit(benchmark::kMillisecond);

// Sorting, encoding, compressing. Argument: 0 = lz4_raw, else zstd's level.
void freeze(benchmark::State& state) {
  testing::TableMaker& table = filled_table();
  const SortKey key = key_of(table);
  size_t bytes = 0;
  for (auto _ : state) {
    const auto sorted = sort_rows(table.chunk().snapshot(), key);
    bytes = (*write_image(*sorted, *table.schema(), {"bench", {}, "all", {}, {}}, options_for(state.range(0))))->size();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(table.chunk().rows()));
  state.counters["bytes_per_row"] = static_cast<double>(bytes) / static_cast<double>(table.chunk().rows());
}
BENCHMARK(freeze)->Arg(0)->Arg(1)->Arg(3)->Unit(benchmark::kMillisecond);

void open_image(benchmark::State& state) {
  const ImageBytes bytes = filled_image({});
  const auto cache = std::make_shared<DecodedCache>(0);
  for (auto _ : state) benchmark::DoNotOptimize(Image::open(bytes, cache));
}
BENCHMARK(open_image)->Unit(benchmark::kMicrosecond);

// One field of every row, nothing cached.
void scan_field(benchmark::State& state) {
  const auto image = *Image::open(filled_image(options_for(state.range(0))), std::make_shared<DecodedCache>(0));
  const model::ColumnId column = filled_table().id("usage_user");
  for (auto _ : state)
    for (size_t group = 0; group < image->row_groups().size(); ++group)
      benchmark::DoNotOptimize(image->decode(group, column));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(image->row_count()));
}
BENCHMARK(scan_field)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// Two images of half a million rows each, all columns. Argument: percent of the series whose rows occur in both; the
// others interleave.
void merge(benchmark::State& state) {
  testing::TableMaker table("cpu");
  MergeRequest request;
  uint64_t rows = 0;
  for (const bool second : {false, true}) {
    Load load;
    for (size_t step = 0; step < kSteps / 2; step += 5) {
      testing::TableMaker::Prepared write;
      table.prepare(load.lines(5), write);
      for (size_t i = 0; i < write.body.batch.lines.size(); ++i)
        if (second && static_cast<int64_t>(i % kHosts % 100) >= state.range(0))
          write.body.batch.lines[i].timestamp += kInterval / 2;
      table.append(write);
    }
    const OpenSnapshot view = table.chunk().snapshot();
    request.key = extend_sort_key(request.key, view);
    const auto bytes = *write_image(*sort_rows(view, request.key), *table.schema(), {"bench", {}, "all", {}, {}}, {});
    request.inputs.push_back(
        {*Image::open(bytes, std::make_shared<DecodedCache>(1 << 30)), table.chunk().order(), nullptr});
    rows += view.rows;
    table.start_chunk();
  }
  request.schema = table.schema();
  for (const schema::Column& column : table.schema()->columns()) request.columns.push_back(column.id);
  for (auto _ : state) {
    MergeStream stream(request);
    while (const auto batch = *stream.next()) benchmark::DoNotOptimize(batch->columns.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(rows));
}
BENCHMARK(merge)->Arg(0)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace magnetite::chunk

BENCHMARK_MAIN();
