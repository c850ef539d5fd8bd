#include "query/sql/read_ahead.h"

#include <arrow/record_batch.h>

#include <deque>
#include <utility>

#include "base/mutex.h"

namespace magnetite::query::sql {
namespace {

constexpr int64_t kLargeBatchRows = 2048;  // a whole vector of DuckDB's, of which more will come

using Batch = Result<std::shared_ptr<arrow::RecordBatch>>;

bool is_last(const Batch& batch) { return !batch || *batch == nullptr; }

class ReadAhead final : public ResultStream {
 public:
  ReadAhead(Executor& executor, std::unique_ptr<ResultStream> rows)
      : executor_(executor), rows_(std::move(rows)), changed_(executor) {}

  ~ReadAhead() override {
    if (!reading_.joinable()) return;
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    rows_->cancel();
    changed_.notify_all();
    reading_.join();
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return rows_->schema(); }
  void cancel() override { rows_->cancel(); }

  Batch next() override {
    if (reading_.joinable()) return take();
    Batch batch = rows_->next();
    if (!is_last(batch) && (*batch)->num_rows() >= kLargeBatchRows)
      reading_ = executor_.spawn("query-ahead", [this] { run(); });
    return batch;
  }

 private:
  Batch take() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    // Without a deadline of its own: the statement has one, which ends rows_->next().
    while (ready_.empty()) changed_.wait_until(mutex_, kNever, WaitReason::kData);
    if (is_last(ready_.front())) return ready_.front();  // the same for ever
    Batch batch = std::move(ready_.front());
    ready_.pop_front();
    rows_held_ -= (*batch)->num_rows();
    changed_.notify_all();
    return batch;
  }

  void run() EXCLUDES(mutex_) {
    bool more = true;
    while (more) {
      Batch batch = rows_->next();
      more = !is_last(batch);
      const MutexLock lock(mutex_);
      while (rows_held_ >= kRowsHeldMax && !stopping_) changed_.wait_until(mutex_, kNever, WaitReason::kQueueSpace);
      if (stopping_) return;
      if (more) rows_held_ += (*batch)->num_rows();
      ready_.push_back(std::move(batch));
      changed_.notify_all();
    }
  }

  Executor& executor_;
  const std::unique_ptr<ResultStream> rows_;  // the task's, once that runs

  Mutex mutex_;
  Signal changed_;
  std::deque<Batch> ready_ GUARDED_BY(mutex_);
  int64_t rows_held_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;

  Task reading_;
};

}  // namespace

std::unique_ptr<ResultStream> read_ahead(Executor& executor, std::unique_ptr<ResultStream> rows) {
  return std::make_unique<ReadAhead>(executor, std::move(rows));
}

}  // namespace magnetite::query::sql
