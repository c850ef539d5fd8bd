#include "query/sql/statement_log.h"

#include <arrow/record_batch.h>

#include <utility>

#include "base/logging.h"

namespace magnetite::query::sql {
namespace {

std::string start_of(std::string_view text) {
  if (text.size() <= kLoggedStatementBytesMax) return std::string(text);
  size_t size = kLoggedStatementBytesMax;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return std::string(text.substr(0, size)) + "...";
}

// One statement's line, written once.
class Entry {
 public:
  Entry(const Statement& statement, Clock& clock, Duration slow)
      : database_(statement.database),
        sql_(start_of(statement.sql)),
        request_(log::request_id()),
        clock_(clock),
        slow_(slow),
        started_(clock.mono_now()) {}

  void add_rows(int64_t rows) { rows_ += rows; }

  void end(std::string_view outcome) {
    if (std::exchange(ended_, true)) return;
    const Duration took = clock_.mono_now() - started_;
    if (took < slow_) return;
    const log::RequestScope scope(request_);  // the last row may be taken on another thread
    log::warn("slow statement",
              {{"database", database_},
               {"sql", sql_},
               {"milliseconds", std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count())},
               {"rows", std::to_string(rows_)},
               {"outcome", std::string(outcome)}});
  }

 private:
  const std::string database_;
  const std::string sql_;
  const std::string request_;
  Clock& clock_;
  const Duration slow_;
  const MonoTime started_;
  int64_t rows_ = 0;
  bool ended_ = false;
};

class LoggedStream final : public ResultStream {
 public:
  LoggedStream(std::unique_ptr<ResultStream> rows, Entry entry) : rows_(std::move(rows)), entry_(std::move(entry)) {}
  ~LoggedStream() override { entry_.end("broken off"); }

  const std::shared_ptr<arrow::Schema>& schema() const override { return rows_->schema(); }
  Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    auto batch = rows_->next();
    if (!batch)
      entry_.end(batch.error().describe());
    else if (*batch == nullptr)
      entry_.end("ok");
    else
      entry_.add_rows((*batch)->num_rows());
    return batch;
  }
  void cancel() override { rows_->cancel(); }

 private:
  const std::unique_ptr<ResultStream> rows_;
  Entry entry_;
};

}  // namespace

Result<std::unique_ptr<ResultStream>> StatementLog::execute(const Statement& statement) {
  if (slow_ == Duration(0)) return engine_.execute(statement);
  Entry entry(statement, clock_, slow_);
  auto rows = engine_.execute(statement);
  if (!rows) {
    entry.end(rows.error().describe());
    return rows;
  }
  return std::make_unique<LoggedStream>(*std::move(rows), std::move(entry));
}

}  // namespace magnetite::query::sql
