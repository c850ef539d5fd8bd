#include "sql_harness.h"

#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include <filesystem>

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
  if (state_ == ChunkState::kReplayed) restart();
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
