// For tests: a database on a simulated disk, clock and store that can be restarted, and what its table holds.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/sim/sim_disk.h"
#include "base/sim/sim_executor.h"
#include "database/database.h"
#include "object_store/memory/memory_store.h"
#include "object_store/testing/faulty_store.h"

namespace magnetite::database::testing {

// Rows of table `m`, whose lines are `m,t=<tag> v=<value>i <time>`.
using Rows = std::map<std::pair<std::string, int64_t>, int64_t>;

// All members but the constructor are called inside run().
class SimDatabase {
 public:
  explicit SimDatabase(uint64_t seed, model::LifecycleRules lifecycle = {});
  ~SimDatabase();

  void run(std::function<void()> main) { executor.run(std::move(main)); }

  // Creates the database the first time, loads and replays it later. While the store fails it tries again.
  void start();
  Result<> try_start();  // once, whatever comes of it
  void mark_created() { created_ = true; }
  void stop();                                         // orderly
  void crash(const sim::PowerCutPolicy& policy = {});  // what was not synced is settled by the policy

  Result<WriteReport> write(std::string lines);
  // Passes of the lifecycle with all jobs they start, until nothing more is due now.
  void settle();
  void advance(Duration delta) { executor.advance(delta); }
  int64_t now_nanos() { return executor.clock().wall_now().nanos; }

  Rows rows();
  std::map<std::string, size_t> stages();           // chunks by storage
  std::vector<std::string> files();                 // data files in the store
  static const object_store::ObjectPath& folder();  // in the store

  sim::SimExecutor executor;
  sim::SimDisk disk;
  std::unique_ptr<object_store::ObjectStore> memory_store;
  object_store::testing::FaultyStore store;
  model::DatabaseRules rules;
  // Empty: a local log of its own.
  std::function<Result<write_buffer::Log>()> open_log;
  ReplayChoices choices;
  MemoryGauge gauge{uint64_t{1} << 30};
  uint64_t log_bytes_max = UINT64_MAX;
  std::unique_ptr<jobs::JobRegistry> jobs;
  std::shared_ptr<Database> database;

 private:
  Result<write_buffer::Log> own_log();
  bool created_ = false;
  std::unique_ptr<WorkerPool> pool_;
};

}  // namespace magnetite::database::testing
