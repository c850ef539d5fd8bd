// A log from the writer to the rows: one database forwards TSBS lines into it (the produce path), another reads it with
// one lane a sequencer (consume, parse, apply). CPU is that of this process: a broker's own is not in it.
//
//   ingest_bench --folder /somewhere                       over a log in memory: what reading costs by itself
//   ingest_bench --folder /somewhere --kafka host:port     over a real broker; topics are new ones
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/logging.h"
#include "measure.h"
#include "model/database_rules.h"
#include "need.h"
#include "object_store/memory/memory_store.h"
#include "server/server.h"
#include "tsbs/generator.h"

namespace {

using namespace magnetite;

struct Options {
  std::string folder = ".";
  std::string kafka;
  uint64_t steps = 100;  // of 4,000 hosts
  size_t batch_rows = 5'000;
  size_t rounds = 3;
};

using bench::Cost;
using bench::measure;
using bench::need;

// The best of several rounds: what others do on the machine only adds.
void take(Cost& best, const Cost& cost) {
  best.seconds = std::min(best.seconds, cost.seconds);
  best.cpu = std::min(best.cpu, cost.cpu);
}

// Rows of a minute go to one sequencer: several have something to do, and a batch is one entry as a rule.
model::DatabaseRules rules_of(std::string name) {
  model::DatabaseRules rules = model::default_rules(std::move(name));
  rules.partition_template.parts = {model::TimePart{"%Y-%m-%d %H:%M"}};
  rules.lifecycle.persist = false;
  return rules;
}

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)) {
    tsbs::Generator generator({.hosts = 4'000, .steps = options_.steps});
    for (std::string body; generator.append(tsbs::Format::kLineProtocol, options_.batch_rows, body) > 0; body.clear()) {
      bytes_ += body.size();
      bodies_.push_back(body);
    }
    rows_ = generator.rows_total();
    server::ServerOptions server_options;
    server_options.log_folder = options_.folder + "/ingest_bench.log";
    server_options.server_id = model::ServerId{1};
    server_ = need(server::Server::make(*executor_, *disk_, *store_, server_options), "server");
    server_->start();
    while (server_->status().state != server::ServerState::kReady) std::this_thread::yield();
  }
  ~Bench() {
    server_->stop();
    std::filesystem::remove_all(options_.folder + "/ingest_bench.log");
  }

  double megabytes() const { return static_cast<double>(bytes_) / 1e6; }
  uint64_t rows() const { return rows_; }

  Cost produce(const std::string& connection, const std::string& name) {
    model::DatabaseRules rules = rules_of(name);
    rules.write_buffer_writing = connection;
    rules.lifecycle.immutable = true;
    need(server_->create_database(rules), "forwarder");
    return measure([&] {
      std::vector<std::jthread> writers;  // as clients would: two at a time
      for (size_t half = 0; half < 2; ++half)
        writers.emplace_back([&, half] {
          for (size_t i = half; i < bodies_.size(); i += 2) {
            database::WriteInput input;
            input.body = bodies_[i];
            need(server_->write(name, std::move(input)), "write");
          }
        });
    });
  }

  Cost consume(const std::string& connection, const std::string& name) {
    model::DatabaseRules rules = rules_of(name);
    rules.write_buffer_reading = connection;
    return measure([&] {
      need(server_->create_database(rules), "reader");
      while (rows_of(name) < rows_) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    });
  }

 private:
  uint64_t rows_of(const std::string& name) const {
    for (const server::DatabaseStatus& each : server_->status().databases)
      if (each.name == name) return each.rows;
    return 0;
  }

  const Options options_;
  std::vector<std::string> bodies_;
  uint64_t bytes_ = 0;
  uint64_t rows_ = 0;
  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  const std::unique_ptr<Disk> disk_ = make_posix_disk();
  const std::unique_ptr<object_store::ObjectStore> store_ = object_store::make_memory_store(executor_->clock());
  std::unique_ptr<server::Server> server_;
};

void print(std::string_view what, const Cost& cost, double megabytes, uint64_t rows) {
  fmt::print("{:24} {:7.0f} MB/s {:7.0f} MB/s per core {:6.2f} us of CPU per row\n", what, megabytes / cost.seconds,
             megabytes / cost.cpu, cost.cpu * 1e6 / static_cast<double>(rows));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("A log from the writer to the rows");
  app.add_option("--folder", options.folder, "Where to work")->capture_default_str();
  app.add_option("--kafka", options.kafka, "host:port of a broker instead of memory");
  app.add_option("--steps", options.steps, "Rows of each of 4,000 hosts")->capture_default_str();
  app.add_option("--batch-rows", options.batch_rows)->capture_default_str();
  app.add_option("--rounds", options.rounds, "The best counts")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  log::configure({});

  double one_lane = 0;
  for (const int lanes : {1, 2}) {
    Cost produced{1e9, 1e9};
    Cost consumed{1e9, 1e9};
    double megabytes = 0;
    uint64_t rows = 0;
    for (size_t round = 0; round < options.rounds; ++round) {
      Bench bench(options);
      const std::string name =
          fmt::format("bench-{}-{}-{}", std::chrono::steady_clock::now().time_since_epoch().count(), lanes, round);
      const std::string connection = options.kafka.empty()
                                         ? fmt::format("memory:{}?n_sequencers={}", name, lanes)
                                         : fmt::format("kafka://{}/{}?n_sequencers={}", options.kafka, name, lanes);
      take(produced, bench.produce(connection, name + "-w"));
      take(consumed, bench.consume(connection, name + "-r"));
      megabytes = bench.megabytes();
      rows = bench.rows();
    }
    fmt::print("{} sequencers, {} rows, {:.0f} MB\n", lanes, rows, megabytes);
    print("  produce", produced, megabytes, rows);
    print("  consume, parse, apply", consumed, megabytes, rows);
    if (lanes == 1)
      one_lane = consumed.seconds;
    else
      fmt::print("  two lanes against one: {:.2f} times as fast\n", one_lane / consumed.seconds);
  }
  return 0;
}
