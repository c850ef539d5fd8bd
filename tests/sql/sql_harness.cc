#include "sql_harness.h"

#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "model/ids.h"
#include "object_store/file/file_store.h"
#include "result_format/result_format.h"

namespace magnetite::testing {

SqlHarness::SqlHarness(ChunkState state, query::sql::EngineOptions options)
    : state_(state),
      options_(std::move(options)),
      folder_(::testing::TempDir() + "sql-" + model::Uuid::random().text()),
      executor_(make_thread_executor()),
      disk_(make_posix_disk()) {
  store_ = object_store::make_file_store(*disk_, folder_ + "/store");
  start();
}

SqlHarness::~SqlHarness() {
  engine_.reset();
  server_.reset();
  std::filesystem::remove_all(folder_);
}

void SqlHarness::start() {
  server::ServerOptions options;
  options.server_id = model::ServerId{1};
  options.log_folder = folder_ + "/log";
  options.sequencer_count = 2;
  options.open_chunk_bytes_max = state_ == ChunkState::kFrozen ? 1 : 256ull << 20;
  ASSERT_TRUE(store_->check());
  server_ = server::Server::make(*executor_, *disk_, *store_, options).value();
  server_->start();
  for (int i = 0; server_->status().state != server::ServerState::kReady; ++i) {
    ASSERT_LT(i, 10'000) << "the server does not become ready";
    executor_->pause(std::chrono::milliseconds(1));
  }
  engine_ = query::sql::Engine::make(*executor_, *server_, options_).value();
}

void SqlHarness::restart() {
  engine_.reset();
  server_.reset();
  start();
}

void SqlHarness::settle() {
  if (state_ == ChunkState::kCompacted) compact();
  if (state_ >= ChunkState::kPersisted) persist();
  if (state_ == ChunkState::kUnloaded) unload();
  if (state_ == ChunkState::kReplayed || state_ == ChunkState::kRestored) restart();
  for (const jobs::JobStatus& job : server_->jobs().list()) server_->jobs().wait(job.id, kNever);
}

void SqlHarness::act(const std::function<std::vector<lifecycle::Action>(const query::TableSnapshot&)>& actions) {
  for (const std::string& name : server_->database_names()) {
    const auto database = server_->database(name).value();
    for (const std::string& table : database->table_names()) {
      const query::TableSnapshot snapshot = database->snapshot(table).value();
      for (lifecycle::Action& action : actions(snapshot)) {
        action.table = table;
        const auto begun = server_->perform(name, action);
        ASSERT_TRUE(begun) << begun.error().describe();
      }
    }
  }
  for (const jobs::JobStatus& job : server_->jobs().list()) {
    const auto ended = server_->jobs().wait(job.id, kNever);
    ASSERT_EQ(ended->state, jobs::JobState::kSucceeded) << ended->error;
  }
}

void SqlHarness::compact() {
  act([](const query::TableSnapshot& snapshot) {
    std::map<std::string, lifecycle::Compact> partitions;
    for (const query::ChunkSnapshot& chunk : snapshot.chunks)
      partitions[chunk.partition_key].chunks.push_back(chunk.id);
    std::vector<lifecycle::Action> actions;
    for (auto& [key, what] : partitions) actions.push_back({"", key, std::move(what), ""});
    return actions;
  });
}

void SqlHarness::persist() {
  act([](const query::TableSnapshot& snapshot) {
    std::set<std::string> partitions;
    for (const query::ChunkSnapshot& chunk : snapshot.chunks) partitions.insert(chunk.partition_key);
    std::vector<lifecycle::Action> actions;
    for (const std::string& key : partitions) actions.push_back({"", key, lifecycle::Persist{}, ""});
    return actions;
  });
}

void SqlHarness::unload() {
  act([](const query::TableSnapshot& snapshot) {
    std::vector<lifecycle::Action> actions;
    for (const query::ChunkSnapshot& chunk : snapshot.chunks)
      if (chunk.storage == query::ChunkStorage::kReadBufferAndObjectStore)
        actions.push_back({"", chunk.partition_key, lifecycle::Unload{chunk.id}, ""});
    return actions;
  });
}

void SqlHarness::write(const std::string& lines, const std::string& database) {
  database::WriteInput input;
  input.body = lines;
  const auto report = server_->write(database, std::move(input));
  ASSERT_TRUE(report) << report.error().describe();
  ASSERT_TRUE(report->errors.empty()) << report->errors.front().message;
}

std::string SqlHarness::query(const std::string& sql, const std::string& database) {
  auto rows = engine_->execute({database, sql, {}, nullptr});
  if (!rows) return "error: " + rows.error().describe();
  const auto writer = result_format::Writer::make(result_format::Format::kCsv, (*rows)->schema());
  std::string out;
  while (true) {
    auto batch = (*rows)->next();
    if (!batch) return "error: " + batch.error().describe();
    if (*batch == nullptr) return out;
    EXPECT_TRUE(writer->add(**batch, out));
  }
}

}  // namespace magnetite::testing
