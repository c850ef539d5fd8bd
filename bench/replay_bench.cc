// From the start of a server to its first accepted write: with nothing, and with a log to read again. Replay is log,
// parse, route and apply, by one sequencer; CPU is that of the whole process. catalog_bench does it with many files.
//
//   replay_bench --folder /somewhere/on/the/disk
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/logging.h"
#include "measure.h"
#include "model/database_rules.h"
#include "need.h"
#include "object_store/memory/memory_store.h"
#include "server/server.h"
#include "tsbs/generator.h"

namespace {

namespace fs = std::filesystem;
using namespace magnetite;
using bench::Cost;
using bench::measure;
using bench::need;

struct Options {
  std::string folder = ".";
  uint64_t steps = 500;  // of 4,000 hosts
  size_t batch_rows = 5'000;
  size_t rounds = 3;
};

constexpr const char* kDatabase = "bench";

class Machine {
 public:
  explicit Machine(const Options& options) : folder_(options.folder + "/replay_bench.log") { fs::remove_all(folder_); }
  ~Machine() {
    stop();
    fs::remove_all(folder_);
  }

  void start() {
    server::ServerOptions options;
    options.log_folder = folder_;
    options.server_id = model::ServerId{1};
    options.sequencer_count = 1;
    options.log_bytes_max = UINT64_MAX;
    server_ = need(server::Server::make(*executor_, *disk_, *store_, options), "server");
    server_->start();
    while (server_->status().state != server::ServerState::kReady) executor_->pause(std::chrono::milliseconds(1));
  }
  void stop() {
    if (server_ != nullptr) server_->stop();
    server_.reset();
  }
  // By the hour, as the command line of the 2021 server does by default.
  void create() {
    model::DatabaseRules rules = model::default_rules(kDatabase);
    rules.partition_template.parts = {model::TimePart{"%Y-%m-%d %H:00:00"}};
    rules.lifecycle.persist = false;
    need(server_->create_database(std::move(rules)), "create");
  }
  void write(std::string body) {
    database::WriteInput input;
    input.body = std::move(body);
    need(server_->write(kDatabase, std::move(input)), "write");
  }
  server::DatabaseStatus status() const { return server_->status().databases.at(0); }

 private:
  const std::string folder_;
  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  const std::unique_ptr<Disk> disk_ = make_posix_disk();
  const std::unique_ptr<object_store::ObjectStore> store_ = object_store::make_memory_store(executor_->clock());
  std::unique_ptr<server::Server> server_;
};

// The best of several rounds: what others do on the machine only adds.
void take(Cost& best, const Cost& cost) {
  best.seconds = std::min(best.seconds, cost.seconds);
  best.cpu = std::min(best.cpu, cost.cpu);
}

void empty(const Options& options) {
  Cost best{1e9, 1e9};
  for (size_t round = 0; round < options.rounds; ++round) {
    Machine machine(options);
    take(best, measure([&] {
           machine.start();
           machine.create();
           machine.write("m v=1 1");
         }));
  }
  fmt::print("nothing there: first write accepted, its database created, after {:.3f} s\n", best.seconds);
}

void replayed(const Options& options) {
  Cost best{1e9, 1e9};
  server::DatabaseStatus status;
  for (size_t round = 0; round < options.rounds; ++round) {
    Machine machine(options);
    machine.start();
    machine.create();
    tsbs::Generator generator({.hosts = 4'000, .steps = options.steps});
    for (std::string body; generator.append(tsbs::Format::kLineProtocol, options.batch_rows, body) > 0; body.clear())
      machine.write(body);
    machine.stop();
    take(best, measure([&] {
           machine.start();
           machine.write("m v=1 1");
         }));
    status = machine.status();
    if (status.rows != generator.rows_total() + 1) {
      fmt::print(stderr, "replay_bench: {} of {} rows came back\n", status.rows, generator.rows_total() + 1);
      std::exit(1);
    }
  }
  const double megabytes = static_cast<double>(status.replayed_bytes) / 1e6;
  fmt::print(
      "{} rows, {:.0f} MB of lines to read again: first write accepted after {:.2f} s, {:.0f} MB/s, {:.0f} MB/s per "
      "core (must 500)\n",
      status.rows - 1, megabytes, best.seconds, megabytes / best.seconds, megabytes / best.cpu);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("From a start to the first accepted write");
  app.add_option("--folder", options.folder, "Where to work")->capture_default_str();
  app.add_option("--steps", options.steps, "Rows of each of 4,000 hosts")->capture_default_str();
  app.add_option("--batch-rows", options.batch_rows)->capture_default_str();
  app.add_option("--rounds", options.rounds, "The best counts")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  log::configure({});

  empty(options);
  replayed(options);
  return 0;
}
