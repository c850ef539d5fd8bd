// What jobs do with chunks: persisting, splitting, compacting. Data: a million rows of cpu_load.h. Rows and seconds of
// CPU, so items_per_second is rows read per second and core. Peers on 2 vCPU: DuckDB COPY 2.0 M rows/s per core; bytes
// per row Parquet zstd 7.1-7.8, VictoriaMetrics 6.2.
#include <benchmark/benchmark.h>

#include "chunk/image.h"
#include "chunk/image_merge.h"
#include "chunk/merge.h"
#include "chunk/sorted_rows.h"
#include "chunk/testing/table_maker.h"
#include "cpu_load.h"

namespace magnetite::chunk {
namespace {

using bench::kHosts;
using bench::kInterval;
using bench::Load;

constexpr size_t kSteps = 250;  // a million rows

struct Inputs {
  MergeJob job;
  uint64_t rows = 0;
  int64_t median_time = 0;
};

void close_chunk(testing::TableMaker& table, bool as_image, Inputs& inputs) {
  const OpenSnapshot view = table.chunk().snapshot();
  inputs.job.key = extend_sort_key(inputs.job.key, view);
  std::shared_ptr<const SortedChunk> rows = sort_rows(view, inputs.job.key);
  inputs.rows += rows->row_count();
  inputs.median_time = rows->times().min + (rows->times().max - rows->times().min) / 2;
  if (as_image)
    rows = *Image::open(*write_image(*rows, *table.schema(), {"bench", {}, "all", {}, {}}, {}),
                        std::make_shared<DecodedCache>(0));
  inputs.job.inputs.push_back(std::move(rows));
  inputs.job.schema = table.schema();
  table.start_chunk();
}

// One chunk of a million rows.
Inputs one_chunk(bool as_image) {
  Inputs inputs;
  testing::TableMaker table("cpu");
  Load load;
  for (size_t step = 0; step < kSteps; step += 10) table.write(load.lines(10));
  close_chunk(table, as_image, inputs);
  return inputs;
}

// Two images of half a million rows each. `percent` of the series have all their rows in both, those of the others
// interleave.
Inputs two_images(int64_t percent) {
  Inputs inputs;
  testing::TableMaker table("cpu");
  for (const bool second : {false, true}) {
    Load load;
    for (size_t step = 0; step < kSteps / 2; step += 5) {
      testing::TableMaker::Prepared write;
      table.prepare(load.lines(5), write);
      for (size_t i = 0; i < write.body.batch.lines.size(); ++i)
        if (second && static_cast<int64_t>(i % kHosts % 100) >= percent)
          write.body.batch.lines[i].timestamp += kInterval / 2;
      table.append(write);
    }
    close_chunk(table, true, inputs);
  }
  return inputs;
}

// Two images with other hosts each: every series is copied in slices.
Inputs disjoint_images() {
  Inputs inputs;
  testing::TableMaker table("cpu");
  for (const bool second : {false, true}) {
    Load load;
    for (size_t step = 0; step < kSteps / 2; step += 5) {
      std::string text = load.lines(5);
      if (second)
        for (size_t at = 0; (at = text.find("hostname=h", at)) != std::string::npos; ++at) text[at + 9] = 'g';
      table.write(std::move(text));
    }
    close_chunk(table, true, inputs);
  }
  return inputs;
}

void report(benchmark::State& state, const Inputs& inputs, uint64_t rows_out, uint64_t bytes_out) {
  state.SetItemsProcessed(static_cast<int64_t>(static_cast<uint64_t>(state.iterations()) * inputs.rows));
  if (rows_out > 0) state.counters["bytes_per_row"] = static_cast<double>(bytes_out) / static_cast<double>(rows_out);
}

void compact_all(benchmark::State& state, const Inputs& inputs) {
  ImageFacts facts;
  for (auto _ : state) {
    MemorySink sink;
    facts = *compact(inputs.job, {&sink, {}, {}});
  }
  report(state, inputs, facts.rows, facts.bytes);
}

// A closed chunk, sorted already, into an image: as a whole, and as a job streams it.
void write_whole(benchmark::State& state) {
  const Inputs inputs = one_chunk(false);
  uint64_t bytes = 0;
  for (auto _ : state)
    bytes = (*write_image(*inputs.job.inputs[0], *inputs.job.schema, {"bench", {}, "all", {}, {}}, {}))->size();
  report(state, inputs, inputs.rows, bytes);
}
BENCHMARK(write_whole)->Unit(benchmark::kMillisecond);

void persist_stream(benchmark::State& state) { compact_all(state, one_chunk(false)); }
BENCHMARK(persist_stream)->Unit(benchmark::kMillisecond);

// Half of the rows of each series to either side.
void split_image(benchmark::State& state) {
  const Inputs inputs = one_chunk(true);
  SplitFacts facts;
  for (auto _ : state) {
    MemorySink early;
    MemorySink late;
    facts = *split(inputs.job, inputs.median_time, {&early, {}, {}}, {&late, {}, {}});
  }
  report(state, inputs, facts.up_to->rows + facts.after->rows, facts.up_to->bytes + facts.after->bytes);
}
BENCHMARK(split_image)->Unit(benchmark::kMillisecond);

// Argument: percent of duplicates.
void compact_overlapping(benchmark::State& state) { compact_all(state, two_images(state.range(0))); }
BENCHMARK(compact_overlapping)->Arg(0)->Arg(10)->Arg(50)->Unit(benchmark::kMillisecond);

void compact_disjoint(benchmark::State& state) { compact_all(state, disjoint_images()); }
BENCHMARK(compact_disjoint)->Unit(benchmark::kMillisecond);

// The merge alone, all columns, decoding included.
void merge_scan(benchmark::State& state) {
  const Inputs inputs = two_images(state.range(0));
  MergeRequest request;
  for (const auto& input : inputs.job.inputs)
    request.inputs.push_back({input, model::ChunkOrder{request.inputs.size()}, nullptr});
  request.key = inputs.job.key;
  request.schema = inputs.job.schema;
  for (const schema::Column& column : request.schema->columns()) request.columns.push_back(column.id);
  for (auto _ : state) {
    MergeStream stream(request);
    while (const auto batch = *stream.next()) benchmark::DoNotOptimize(batch->columns.data());
  }
  report(state, inputs, 0, 0);
}
BENCHMARK(merge_scan)->Arg(0)->Arg(10)->Arg(50)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace magnetite::chunk

BENCHMARK_MAIN();
