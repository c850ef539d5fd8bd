// magnetite_load: sends generated rows over HTTP on several connections and reports rates and latencies. Bodies are
// made before the clock starts, so that the figures are the server's.
#include <curl/curl.h>
#include <fmt/format.h>
#include <libdeflate.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "generator.h"

namespace {

using magnetite::tsbs::Format;
using magnetite::tsbs::Generator;
using magnetite::tsbs::GeneratorOptions;
using SteadyClock = std::chrono::steady_clock;

struct LoadOptions {
  GeneratorOptions data;
  std::string url = "http://127.0.0.1:8080/api/v3/write_lp?db=tsbs";
  size_t connections = 2;
  size_t batch_rows = 5000;
  bool gzip = false;
  int server_pid = 0;
};

struct Body {
  std::string bytes;
  size_t rows = 0;
};

struct Outcome {
  std::vector<double> latencies_ms;
  std::string error;
};

std::string compressed(const std::string& plain) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(1), &libdeflate_free_compressor);
  std::string out(libdeflate_gzip_compress_bound(compressor.get(), plain.size()), '\0');
  out.resize(libdeflate_gzip_compress(compressor.get(), plain.data(), plain.size(), out.data(), out.size()));
  return out;
}

std::vector<Body> make_bodies(const LoadOptions& options, size_t& plain_bytes) {
  Generator generator(options.data);
  std::vector<Body> bodies;
  plain_bytes = 0;
  for (;;) {
    Body body;
    body.bytes.reserve(options.batch_rows * 360);
    body.rows = generator.append(Format::kLineProtocol, options.batch_rows, body.bytes);
    if (body.rows == 0) return bodies;
    plain_bytes += body.bytes.size();
    if (options.gzip) body.bytes = compressed(body.bytes);
    bodies.push_back(std::move(body));
  }
}

// User and system time of a process so far; nothing when it cannot be read.
std::optional<double> cpu_seconds(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

size_t keep_answer(const char* data, size_t size, size_t count, void* target) {
  static_cast<std::string*>(target)->append(data, size * count);
  return size * count;
}

// One connection: takes bodies until none is left. Refusals that ask to come again are repeated, all else ends the run.
void send_bodies(const LoadOptions& options, const std::vector<Body>& bodies, std::atomic<size_t>& next,
                 Outcome& outcome) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  curl_slist* list = curl_slist_append(nullptr, "Content-Type: text/plain; charset=utf-8");
  list = curl_slist_append(list, "Expect:");
  if (options.gzip) list = curl_slist_append(list, "Content-Encoding: gzip");
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list, &curl_slist_free_all);
  std::string answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, options.url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POST, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 120L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &keep_answer);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  for (size_t i = next++; i < bodies.size() && outcome.error.empty(); i = next++) {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, bodies[i].bytes.data());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(bodies[i].bytes.size()));
    const auto begin = SteadyClock::now();
    for (;;) {
      answer.clear();
      const CURLcode code = curl_easy_perform(curl.get());
      long status = 0;
      curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
      if (code == CURLE_OK && status == 204) break;
      if (code == CURLE_OK && (status == 429 || status == 503)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        continue;
      }
      outcome.error = code != CURLE_OK ? curl_easy_strerror(code) : fmt::format("status {}: {}", status, answer);
      return;
    }
    outcome.latencies_ms.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count());
  }
}

double percentile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(part * static_cast<double>(sorted.size())))];
}

int load(const LoadOptions& options) {
  size_t plain_bytes = 0;
  const std::vector<Body> bodies = make_bodies(options, plain_bytes);
  std::vector<Outcome> outcomes(options.connections);
  std::atomic<size_t> next = 0;
  const std::optional<double> cpu_before = cpu_seconds(options.server_pid);
  const auto begin = SteadyClock::now();
  {
    std::vector<std::jthread> threads;
    for (Outcome& outcome : outcomes) {
      threads.emplace_back([&] { send_bodies(options, bodies, next, outcome); });
    }
  }
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  const std::optional<double> cpu_after = cpu_seconds(options.server_pid);

  std::vector<double> latencies;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.error.empty()) {
      fmt::print(stderr, "magnetite_load: {}\n", outcome.error);
      return 1;
    }
    latencies.insert(latencies.end(), outcome.latencies_ms.begin(), outcome.latencies_ms.end());
  }
  std::ranges::sort(latencies);
  size_t rows = 0;
  for (const Body& body : bodies) rows += body.rows;
  const auto row_count = static_cast<double>(rows);
  const double megabytes = static_cast<double>(plain_bytes) / 1e6;
  const double p50 = percentile(latencies, 0.50);
  const double p99 = percentile(latencies, 0.99);
  std::string cpu_json = "null";
  std::string cpu_text = "server CPU not measured";
  if (cpu_before && cpu_after) {
    const double micros = (*cpu_after - *cpu_before) / row_count * 1e6;
    cpu_json = fmt::format("{:.3f}", micros);
    cpu_text = fmt::format("{:.2f} us of server CPU per row", micros);
  }
  fmt::print("{} rows, {:.1f} MB in {:.2f} s: {:.0f} rows/s, {:.1f} MB/s; request p50 {:.1f} ms, p99 {:.1f} ms; {}\n",
             rows, megabytes, seconds, row_count / seconds, megabytes / seconds, p50, p99, cpu_text);
  fmt::print(
      R"({{"rows":{},"megabytes":{:.1f},"seconds":{:.3f},"rows_per_second":{:.0f},"p50_ms":{:.2f},"p99_ms":{:.2f},)"
      R"("server_cpu_us_per_row":{},"connections":{},"batch_rows":{},"gzip":{}}})"
      "\n",
      rows, megabytes, seconds, row_count / seconds, p50, p99, cpu_json, options.connections, options.batch_rows,
      options.gzip);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  LoadOptions options;
  CLI::App app{"Loads rows of the TSBS cpu-only shape over HTTP"};
  app.add_option("--url", options.url, "write endpoint with its parameters")->capture_default_str();
  app.add_option("--hosts", options.data.hosts)->capture_default_str();
  app.add_option("--start", options.data.start_ns, "nanoseconds since 1970")->capture_default_str();
  app.add_option("--steps", options.data.steps, "of ten seconds")->capture_default_str();
  app.add_option("--seed", options.data.seed)->capture_default_str();
  app.add_option("--connections", options.connections)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--batch", options.batch_rows, "rows in a request")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--server-pid", options.server_pid, "process whose CPU time is reported");
  app.add_flag("--gzip", options.gzip);
  CLI11_PARSE(app, argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return load(options);
}
