// Parsing line protocol to columns' values, validated, on one core: parse() and its scalar reference.
// Data: TSBS's cpu-only lines (10 tags, 10 integer fields, 345 bytes), and lines of floats, strings and booleans.
// Peers on 2 vCPU with AVX-512: VictoriaMetrics 0.59 GB/s; the Rust crate influxdb-line-protocol runs in the same
// process with -DMAGNETITE_BENCH_PEERS=ON.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>

#include "line_protocol/parser.h"
#include "tsbs/generator.h"

#ifdef MAGNETITE_BENCH_PEERS
extern "C" int64_t line_protocol_rs_parse(const uint8_t* data, size_t size);
#endif

namespace magnetite::line_protocol {
namespace {

constexpr size_t kLines = 5'000;  // a usual body

std::string integer_lines() {
  std::string text;
  tsbs::Generator generator({.hosts = 1'000, .steps = kLines / 1'000});
  generator.append(tsbs::Format::kLineProtocol, kLines, text);
  return text;
}

std::string mixed_lines() {
  std::mt19937_64 random(7);
  std::string text;
  for (size_t i = 0; i < kLines; ++i)
    text += fmt::format(
        "request,host=web\\ {},path=/api/v2/items seconds={:.6f},bytes={:.3f},agent=\"Mozilla/5.0 (X11; Linux)\","
        "note=\"said \\\"{}\\\"\",cached={},status={}i {}\n",
        random() % 100, static_cast<double>(random() % 10'000'000) * 1e-6,
        static_cast<double>(random() % 1'000'000) * 1e-3, random() % 1'000, random() % 2 == 0, random() % 600,
        1'700'000'000'000'000'000 + i);
  return text;
}

// As a server does for each request: nothing is allocated yet.
void parse_afresh(std::string_view text, const ParseOptions& options, Batch& batch) {
  Batch fresh;
  parse(text, options, fresh);
  std::swap(batch, fresh);
}

using Parse = void (*)(std::string_view, const ParseOptions&, Batch&);

void run(benchmark::State& state, Parse parse_text, const std::string& text) {
  Batch batch;
  for (auto _ : state) {
    parse_text(text, {}, batch);
    benchmark::DoNotOptimize(batch.fields.data());
  }
  if (batch.errors_total != 0 || batch.lines.size() != kLines) state.SkipWithError("not every line was accepted");
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(text.size()));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kLines));
}

BENCHMARK_CAPTURE(run, vector_integers, parse, integer_lines());
BENCHMARK_CAPTURE(run, vector_integers_new_batch, parse_afresh, integer_lines());
BENCHMARK_CAPTURE(run, vector_mixed, parse, mixed_lines());
BENCHMARK_CAPTURE(run, scalar_integers, parse_scalar, integer_lines());
BENCHMARK_CAPTURE(run, scalar_mixed, parse_scalar, mixed_lines());

#ifdef MAGNETITE_BENCH_PEERS
void run_crate(benchmark::State& state, const std::string& text) {
  for (auto _ : state)
    if (line_protocol_rs_parse(reinterpret_cast<const uint8_t*>(text.data()), text.size()) < 0)
      state.SkipWithError("not every line was accepted");
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(text.size()));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kLines));
}

BENCHMARK_CAPTURE(run_crate, integers, integer_lines());
BENCHMARK_CAPTURE(run_crate, mixed, mixed_lines());
#endif

}  // namespace
}  // namespace magnetite::line_protocol

BENCHMARK_MAIN();
