#include "database/testing/sim_database.h"

#include <gtest/gtest.h>

#include "query/scan.h"

namespace magnetite::database::testing {
namespace {

model::DatabaseRules make_rules(model::LifecycleRules lifecycle) {
  model::DatabaseRules rules = model::default_rules("db");
  rules.uuid = *model::Uuid::parse("01234567-89ab-4cde-8f01-23456789abcd");
  rules.lifecycle = lifecycle;
  model::materialise_defaults(rules);
  return rules;
}

}  // namespace

const object_store::ObjectPath& SimDatabase::folder() {
  static const object_store::ObjectPath path({"1", "db", "uuid"});
  return path;
}

SimDatabase::SimDatabase(uint64_t seed, model::LifecycleRules lifecycle)
    : executor(seed),
      disk(&executor, seed),
      memory_store(object_store::make_memory_store(executor.clock())),
      store(*memory_store, {.seed = seed, .executor = &executor}),
      rules(make_rules(lifecycle)) {}

SimDatabase::~SimDatabase() = default;

Result<write_buffer::Log> SimDatabase::own_log() {
  write_buffer::FileLogOptions options;
  options.folder = "log";
  options.sequencer_count = 2;
  options.segment_bytes = 64 * 1024;
  options.closed_segments = write_buffer::Verify::kHeaders;
  MAGNETITE_TRY(auto log, write_buffer::FileLog::open(disk, executor, options));
  return write_buffer::Log::own(std::move(log));
}

Result<> SimDatabase::try_start() {
  stop();
  jobs = std::make_unique<jobs::JobRegistry>(executor);
  pool_ = std::make_unique<WorkerPool>(executor, WorkerPoolOptions{"jobs", 2, 16});
  MAGNETITE_TRY(auto log, open_log ? open_log() : own_log());
  const Surroundings surroundings{executor,
                                  *pool_,
                                  *jobs,
                                  std::make_shared<chunk::DecodedCache>(1 << 24),
                                  std::make_shared<chunk::FooterCache>(1 << 20),
                                  store,
                                  gauge,
                                  {},
                                  uint64_t{256} << 20,
                                  {2, 2},
                                  log_bytes_max};
  const auto origin = created_ ? Database::Origin::kExisting : Database::Origin::kCreated;
  MAGNETITE_TRY(database, Database::open(surroundings, rules, std::move(log), folder(), origin, choices));
  created_ = true;
  const std::atomic<bool> stop = false;
  return database->replay(stop);
}

void SimDatabase::start() {
  for (int tries = 0; tries < 100; ++tries) {
    const Result<> opened = try_start();
    if (opened) return;
    ASSERT_TRUE(opened.error().is_retryable() || opened.error().code() == ErrorCode::kAlreadyExists)
        << opened.error().describe();
    // A creation that failed after it had reached the store left a catalog behind.
    if (opened.error().code() == ErrorCode::kAlreadyExists) created_ = true;
    executor.pause(std::chrono::seconds(1));
    if (tries == 50) store.clear_faults();
  }
  FAIL() << "the database does not start";
}

void SimDatabase::stop() {
  if (database != nullptr) database->stop();
  database.reset();
  pool_.reset();
  jobs.reset();
}

void SimDatabase::crash(const sim::PowerCutPolicy& policy) {
  disk.power_off(policy);
  stop();
  disk.power_on();
}

Result<WriteReport> SimDatabase::write(std::string lines) {
  WriteInput input;
  input.body = std::move(lines);
  return database->write(std::move(input));
}

void SimDatabase::settle() {
  for (int pass = 0; pass < 50; ++pass) {
    database->run_lifecycle();
    bool any = false;
    for (const jobs::JobStatus& job : jobs->list()) {
      if (job.ended()) continue;
      any = true;
      jobs->wait(job.id, kNever);
    }
    if (!any) return;
  }
}

Rows SimDatabase::rows() {
  Rows rows;
  auto snapshot = database->snapshot("m");
  if (!snapshot) return rows;
  query::ScanRequest request;
  request.table = *std::move(snapshot);
  EXPECT_TRUE(query::open_stored(request.table, model::TimeRange::all()));
  for (const char* name : {"t", "time", "v"}) request.columns.push_back(request.table.schema->find(name)->id);
  const auto plan = query::plan_scan(std::move(request), std::make_shared<query::ScanControl>());
  for (size_t morsel = 0; morsel < plan->morsel_count(); ++morsel) {
    auto reader = plan->open(morsel);
    EXPECT_TRUE(reader);
    while (true) {
      auto batch = (*reader)->next();
      if (!batch) {
        ADD_FAILURE() << batch.error().describe();
        return rows;
      }
      if (!*batch) break;
      for (size_t i = 0; i < (*batch)->rows; ++i) {
        const auto& columns = (*batch)->columns;
        const std::pair identity{std::string(columns[0].value<std::string_view>(i)), columns[1].value<int64_t>(i)};
        EXPECT_TRUE(rows.emplace(identity, columns[2].value<int64_t>(i)).second)
            << "twice: " << identity.first << " " << identity.second;
      }
    }
  }
  return rows;
}

std::map<std::string, size_t> SimDatabase::stages() {
  std::map<std::string, size_t> stages;
  auto snapshot = database->snapshot("m");
  if (!snapshot) return stages;
  for (const query::ChunkSnapshot& chunk : snapshot->chunks) ++stages[std::string(query::to_string(chunk.storage))];
  return stages;
}

std::vector<std::string> SimDatabase::files() {
  std::vector<std::string> files;
  for (const object_store::ObjectPath& path : *memory_store->list(folder() / "data")) files.push_back(path.text());
  return files;
}

}  // namespace magnetite::database::testing
