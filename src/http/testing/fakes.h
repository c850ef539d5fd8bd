// A server and an engine that tests script, and results they can wait in.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "query/sql/engine.h"
#include "server/server.h"

namespace magnetite::http {

// Tests wait for each other's threads here; giving up after a while turns a hang into a failure.
class Gate {
 public:
  void open();
  bool wait();  // false: gave up
  bool is_open();

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

struct SeenWrite {
  std::string database;
  database::WriteInput input;
};

class FakeServer final : public server::Server {
 public:
  std::function<Result<database::WriteReport>(std::string_view, const database::WriteInput&)> on_write;

  std::vector<SeenWrite> writes() const;
  bool wait_for_writes(size_t count);
  void add_database(const std::string& name) { static_cast<void>(create_database(model::default_rules(name))); }

  void start() override {}
  void stop() override {}
  std::optional<model::ServerId> server_id() const override { return model::ServerId{1}; }
  Result<> set_server_id(model::ServerId) override { return {}; }
  Result<> create_database(model::DatabaseRules rules) override;
  Result<model::DatabaseRules> rules(std::string_view database) const override;
  Result<model::DatabaseRules> update_rules(model::DatabaseRules rules) override { return rules; }
  Result<database::WriteReport> write(std::string_view database, database::WriteInput input) override;
  Result<std::optional<jobs::JobId>> perform(std::string_view, const lifecycle::Action&) override {
    return std::nullopt;
  }
  Result<std::vector<database::ChunkInfo>> chunks(std::string_view) const override { return {}; }
  jobs::JobRegistry& jobs() override { return jobs_; }
  Result<jobs::JobId> start_dummy_job(std::vector<uint64_t>) override { return jobs::JobId{}; }
  Result<std::vector<server::Remote>> remotes() override { return std::vector<server::Remote>(); }
  Result<> set_remote(server::Remote) override { return {}; }
  Result<> remove_remote(uint32_t) override { return {}; }
  Result<server::DeletedDatabase> delete_database(std::string_view, std::optional<Duration>) override {
    return server::DeletedDatabase{};
  }
  Result<model::Uuid> restore_database(std::string_view, const std::optional<model::Uuid>&) override {
    return model::Uuid{};
  }
  Result<std::vector<server::DeletedDatabase>> deleted_databases() const override {
    return std::vector<server::DeletedDatabase>();
  }
  Result<jobs::JobId> verify_catalog(std::string_view) override { return jobs::JobId{}; }
  Result<jobs::JobId> rebuild_catalog(std::string_view, bool) override { return jobs::JobId{}; }
  Result<jobs::JobId> wipe_catalog(std::string_view) override { return jobs::JobId{}; }
  server::ServerStatus status() const override;
  server::Counters counters(std::string_view) const override {
    return {.lines_accepted = 3, .lines_rejected = 1, .fields_accepted = 30, .body_bytes = 345};
  }
  bool serving() const override { return serving_; }
  void set_serving(bool serving) override { serving_ = serving; }
  std::vector<std::string> database_names() const override;
  Result<std::shared_ptr<const query::TableSource>> database(std::string_view name) const override;

 private:
  mutable std::mutex mutex_;
  std::condition_variable written_;
  std::map<std::string, model::DatabaseRules, std::less<>> databases_;
  std::vector<SeenWrite> writes_;
  std::atomic<bool> serving_ = true;
  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  jobs::JobRegistry jobs_{*executor_};
};

// One column `n` of consecutive integers, in batches of `rows_per_batch`.
struct FakeRows {
  int64_t rows = 0;
  int64_t rows_per_batch = 2;
  std::optional<Error> error_at_end;
  Gate* gate_after_first_batch = nullptr;  // waits for it, or for cancel()
  Gate* cancelled = nullptr;               // opened by cancel()
};
std::unique_ptr<query::sql::ResultStream> make_rows(FakeRows rows,
                                                    std::shared_ptr<query::sql::Cancellation> cancellation = nullptr);

class FakeEngine final : public query::sql::Engine {
 public:
  std::function<Result<std::unique_ptr<query::sql::ResultStream>>(const query::sql::Statement&)> on_execute;

  Result<std::unique_ptr<query::sql::ResultStream>> execute(const query::sql::Statement& statement) override;
  std::vector<query::sql::Statement> statements() const;

 private:
  mutable std::mutex mutex_;
  std::vector<query::sql::Statement> statements_;
};

}  // namespace magnetite::http
