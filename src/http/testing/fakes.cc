#include "http/testing/fakes.h"

#include <arrow/builder.h>
#include <arrow/record_batch.h>

#include <utility>

namespace magnetite::http {
namespace {

constexpr std::chrono::seconds kGiveUp{60};

class FakeStream final : public query::sql::ResultStream {
 public:
  FakeStream(FakeRows rows, std::shared_ptr<query::sql::Cancellation> cancellation)
      : rows_(std::move(rows)),
        cancellation_(std::move(cancellation)),
        schema_(arrow::schema({arrow::field("n", arrow::int64())})) {
    if (cancellation_ != nullptr) cancellation_->set_interrupt([this] { cancel(); });
  }
  ~FakeStream() override {
    if (cancellation_ != nullptr) cancellation_->set_interrupt(nullptr);
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    if (at_ > 0 && rows_.gate_after_first_batch != nullptr) rows_.gate_after_first_batch->wait();
    if (cancelled_) return fail(ErrorCode::kCancelled, "cancelled");
    if (at_ == rows_.rows) {
      if (rows_.error_at_end) return std::unexpected(*rows_.error_at_end);
      return nullptr;
    }
    arrow::Int64Builder builder;
    const int64_t end = std::min(rows_.rows, at_ + rows_.rows_per_batch);
    const int64_t rows = end - at_;
    for (; at_ < end; ++at_) static_cast<void>(builder.Append(at_));
    return arrow::RecordBatch::Make(schema_, rows, arrow::ArrayVector{*builder.Finish()});
  }

  void cancel() override {
    cancelled_ = true;
    if (rows_.gate_after_first_batch != nullptr) rows_.gate_after_first_batch->open();
    if (rows_.cancelled != nullptr) rows_.cancelled->open();
  }

 private:
  const FakeRows rows_;
  const std::shared_ptr<query::sql::Cancellation> cancellation_;
  const std::shared_ptr<arrow::Schema> schema_;
  int64_t at_ = 0;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  opened_.notify_all();
}

bool Gate::wait() {
  std::unique_lock lock(mutex_);
  return opened_.wait_for(lock, kGiveUp, [this] { return open_; });
}

bool Gate::is_open() {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::vector<SeenWrite> FakeServer::writes() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

bool FakeServer::wait_for_writes(size_t count) {
  std::unique_lock lock(mutex_);
  return written_.wait_for(lock, kGiveUp, [&] { return writes_.size() >= count; });
}

Result<> FakeServer::create_database(model::DatabaseRules rules) {
  const std::lock_guard lock(mutex_);
  if (rules.name.size() > 64) return fail(ErrorCode::kInvalidInput, "name: longer than 64 bytes");
  if (!databases_.emplace(rules.name, rules).second) return fail(ErrorCode::kAlreadyExists, "exists");
  return {};
}

Result<model::DatabaseRules> FakeServer::rules(std::string_view database) const {
  const std::lock_guard lock(mutex_);
  const auto found = databases_.find(database);
  if (found == databases_.end()) return fail(ErrorCode::kNotFound, "no such database");
  return found->second;
}

Result<database::WriteReport> FakeServer::write(std::string_view database, database::WriteInput input) {
  {
    const std::lock_guard lock(mutex_);
    writes_.push_back({std::string(database), input});
    written_.notify_all();
  }
  if (on_write) return on_write(database, input);
  database::WriteReport report;
  report.lines_accepted = 1;
  return report;
}

server::ServerStatus FakeServer::status() const {
  server::ServerStatus status;
  status.state = server::ServerState::kReady;
  for (const std::string& name : database_names()) {
    server::DatabaseStatus& added = status.databases.emplace_back();
    added.name = name;
    added.log_mode = "file, sync=commit";
  }
  return status;
}

std::vector<std::string> FakeServer::database_names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, rules] : databases_) names.push_back(name);
  return names;
}

Result<std::shared_ptr<const query::TableSource>> FakeServer::database(std::string_view) const {
  return fail(ErrorCode::kNotFound, "no such database");
}

std::unique_ptr<query::sql::ResultStream> make_rows(FakeRows rows,
                                                    std::shared_ptr<query::sql::Cancellation> cancellation) {
  return std::make_unique<FakeStream>(std::move(rows), std::move(cancellation));
}

Result<std::unique_ptr<query::sql::ResultStream>> FakeEngine::execute(const query::sql::Statement& statement) {
  {
    const std::lock_guard lock(mutex_);
    statements_.push_back(statement);
  }
  if (on_execute) return on_execute(statement);
  return make_rows({});
}

std::vector<query::sql::Statement> FakeEngine::statements() const {
  const std::lock_guard lock(mutex_);
  return statements_;
}

}  // namespace magnetite::http
