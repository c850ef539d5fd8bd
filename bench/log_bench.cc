// The local log against a bare file on the same disk: append + fdatasync of batches as the write path makes them, and
// opening + replay. Rounds alternate, so that both meet the same disk; CPU time includes the log's own thread.
//
//   log_bench --folder /somewhere/on/the/disk
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "measure.h"
#include "tsbs/generator.h"
#include "write_buffer/file/file_log.h"

namespace {

namespace fs = std::filesystem;
using magnetite::kNever;
using magnetite::bench::Cost;
using magnetite::bench::cpu_seconds;
using magnetite::bench::measure;
using magnetite::model::SequencerId;
using magnetite::write_buffer::FileLog;
using magnetite::write_buffer::FileLogOptions;
using magnetite::write_buffer::PendingAppend;

struct Options {
  std::string folder = ".";
  size_t batches = 200;
  size_t rows = 5'000;
  size_t rounds = 3;
};

void require(bool good, std::string_view what) {
  if (good) return;
  fmt::print(stderr, "log_bench: {}: {}\n", what, std::generic_category().message(errno));
  std::exit(1);
}

// The best of several rounds: what others do on the machine only adds.
struct Best {
  double seconds = 1e9;
  double cpu = 1e9;
  void take(const Cost& cost) {
    seconds = std::min(seconds, cost.seconds);
    cpu = std::min(cpu, cost.cpu);
  }
};

// Every block exists, as in a segment.
Cost bare_file(const Options& options, const std::string& body) {
  const std::string path = options.folder + "/log_bench.bare";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  require(file >= 0, path);
  const std::string zeroes(body.size(), '\0');
  for (size_t i = 0; i < options.batches; ++i)
    require(::pwrite(file, zeroes.data(), zeroes.size(), static_cast<off_t>(i * zeroes.size())) > 0, path);
  require(::fsync(file) == 0, path);
  const Cost cost = measure([&] {
    for (size_t i = 0; i < options.batches; ++i) {
      require(::pwrite(file, body.data(), body.size(), static_cast<off_t>(i * body.size())) > 0, path);
      require(::fdatasync(file) == 0, path);
    }
  });
  ::close(file);
  fs::remove(path);
  return cost;
}

class LogRounds {
 public:
  LogRounds(const Options& options, const std::string& body)
      : options_(options), body_(body), folder_(options.folder + "/log_bench.log") {
    fs::remove_all(folder_);
    open();
  }
  ~LogRounds() {
    log_.reset();
    fs::remove_all(folder_);
  }

  // `in_flight` appends wait at a time, as many as there are connections.
  Cost append(size_t in_flight) {
    return measure([&] {
      std::vector<std::shared_ptr<PendingAppend>> pending(in_flight);
      for (size_t i = 0; i < options_.batches + in_flight; ++i) {
        std::shared_ptr<PendingAppend>& oldest = pending[i % in_flight];
        if (oldest != nullptr) require(oldest->wait_until(kNever)->has_value(), "append");
        oldest = i < options_.batches ? log_->writer().append(SequencerId{0}, {{}, body_}).value() : nullptr;
      }
    });
  }
  void trim() {
    const auto high = log_->make_reader().value()->high_watermark(SequencerId{0}).value();
    require(log_->writer().trim(SequencerId{0}, high).has_value(), "trim");
  }
  Cost replay() {
    log_.reset();
    return measure([&] {
      open();
      const auto reader = log_->make_reader().value();
      const auto streams = reader->streams().value();
      size_t records = 0;
      while (streams.at(SequencerId{0})->next(executor_->clock().mono_now()).value()) ++records;
      require(records >= options_.batches, "replay");
    });
  }

 private:
  void open() {
    FileLogOptions options;
    options.folder = folder_;
    log_ = FileLog::open(*disk_, *executor_, std::move(options)).value();
  }

  const Options& options_;
  const std::string& body_;
  const std::string folder_;
  const std::unique_ptr<magnetite::Executor> executor_ = magnetite::make_thread_executor();
  const std::unique_ptr<magnetite::Disk> disk_ = magnetite::make_posix_disk();
  std::unique_ptr<FileLog> log_;
};

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

void run(const Options& options) {
  magnetite::tsbs::Generator generator({.hosts = 4'000, .steps = 1'000});
  std::string body;
  generator.append(magnetite::tsbs::Format::kLineProtocol, options.rows, body);

  Best bare, fresh, recycled, recycled_two, replay;
  for (size_t round = 0; round < options.rounds; ++round) {
    bare.take(bare_file(options, body));
    LogRounds log(options, body);
    fresh.take(log.append(1));
    replay.take(log.replay());
    log.trim();
    recycled.take(log.append(1));
    log.trim();
    recycled_two.take(log.append(2));
  }

  const auto rows = static_cast<double>(options.batches * options.rows);
  const auto bytes = static_cast<double>(options.batches * body.size());
  fmt::print("{}, {} CPUs, g++ {}; TSBS cpu-only, {} batches of {} rows, {:.2f} MB each; best of {} rounds\n",
             processor(), std::thread::hardware_concurrency(), __VERSION__, options.batches, options.rows,
             static_cast<double>(body.size()) / 1e6, options.rounds);
  const auto row = [&](std::string_view name, const Best& best) {
    fmt::print("{:<46} {:6.2f} M rows/s  {:6.2f} GB/s  {:6.3f} us CPU per row\n", name, rows / best.seconds / 1e6,
               bytes / best.seconds / 1e9, best.cpu / rows * 1e6);
  };
  row("bare preallocated file, pwrite + fdatasync", bare);
  row("log, new segments", fresh);
  row("log, recycled segments (must 3 M, aim 4.5 M)", recycled);
  row("log, recycled segments, two in flight", recycled_two);
  row("open + replay", replay);
  fmt::print("open + replay: {:.2f} GB/s per core (must 0.5, aim 1)\n", bytes / replay.cpu / 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Speed of the local log"};
  app.add_option("--folder", options.folder, "on the disk to measure")->capture_default_str();
  app.add_option("--batches", options.batches)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--rows", options.rows, "in a batch")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--rounds", options.rounds)->capture_default_str()->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  run(options);
  return 0;
}
