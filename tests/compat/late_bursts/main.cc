// Bursts of late rows into one day, each persisted before the next comes, in simulated time; then a quiet day. Leaves
// the table's files in a folder for other readers:
//
//   late_bursts BURSTS FOLDER
//
// Burst i writes host=always, which overwrites its one row, and host=b<i>. Prints how many files there were at most.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/logging.h"
#include "database/testing/sim_database.h"

namespace {

using namespace magnetite;
using database::testing::SimDatabase;

std::string line(const std::string& host, int burst, int64_t time) {
  return fmt::format("m,t={} v={}i {}\n", host, burst, time);
}

void write_file(const std::string& folder, size_t number, const object_store::Bytes& bytes) {
  std::ofstream file(fmt::format("{}/{}.parquet", folder, number), std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

int run(int bursts, const std::string& folder) {
  model::LifecycleRules rules;
  const Duration window = std::chrono::seconds(rules.late_arrive_window_seconds);
  SimDatabase world(8, rules);
  size_t files_max = 0;
  int failures = 0;
  world.run([&] {
    world.start();
    const int64_t time = world.now_nanos();
    for (int burst = 0; burst < bursts; ++burst) {
      if (!world.write(line("always", burst, time) + line(fmt::format("b{}", burst), burst, time + burst))) ++failures;
      world.advance(2 * window);
      world.settle();
      files_max = std::max(files_max, world.files().size());
    }
    for (int hour = 0; hour < 24; ++hour) {  // what compaction left behind is cleaned up meanwhile
      world.advance(std::chrono::hours(1));
      world.settle();
    }
    size_t number = 0;
    for (const std::string& name : world.files())
      if (const auto bytes = world.memory_store->get(object_store::ObjectPath::parse(name).value()))
        write_file(folder, number++, *bytes);
    world.stop();
  });
  fmt::print("{}\n", files_max);
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  log::Options quiet;
  quiet.level = log::Level::kError;
  quiet.to_stderr = true;
  log::configure(quiet);
  return argc == 3 ? run(std::atoi(argv[1]), argv[2]) : 2;
}
