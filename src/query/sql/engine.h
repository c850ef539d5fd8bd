// SQL over the server's databases: one embedded DuckDB, our data behind a read-only storage extension. Locked down: no
// files, no settings, no writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/result.h"
#include "query/sql/shape.h"
#include "query/table_snapshot.h"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace magnetite::query::sql {

struct EngineOptions {
  size_t memory_bytes_max = 0;                // 0 = 40 % of the machine
  std::string spill_folder;                   // empty = no spilling
  size_t threads = 0;                         // 0 = number of cores
  Duration timeout{std::chrono::minutes(5)};  // of a statement, first to last batch
  ShapeLimits shape;
  size_t statements_max = 64;  // running at the same time; more are kResourceExhausted
};

using ParameterValue = std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string>;

// Lets somebody else end a statement, also while it starts. Thread-safe.
class Cancellation {
 public:
  void cancel() EXCLUDES(mutex_);
  // The engine's part: runs `interrupt` at once if cancel() was called before; nullptr takes it back.
  void set_interrupt(std::function<void()> interrupt) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  bool cancelled_ GUARDED_BY(mutex_) = false;
  std::function<void()> interrupt_ GUARDED_BY(mutex_);
};

struct Statement {
  std::string database;
  std::string sql;                                                 // exactly one statement
  std::vector<std::pair<std::string, ParameterValue>> parameters;  // $name
  std::shared_ptr<Cancellation> cancellation;                      // or nullptr
  // Which databases there are for it, by name; others it does not find. Empty: all.
  std::function<bool(std::string_view database)> may_read = {};
};

// Rows of a running statement. Not thread-safe except cancel(). Destroying it cancels. Columns: Utf8, Int64, UInt64,
// Float64, Boolean, Timestamp(ns) and what else SQL computes; never dictionaries. Field metadata `iox::column::type`
// where a column comes straight from a table is set.
class ResultStream {
 public:
  virtual ~ResultStream() = default;
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  // The next batch (never empty) or nullptr at the end. kDeadlineExceeded, kCancelled, kResourceExhausted (memory).
  virtual Result<std::shared_ptr<arrow::RecordBatch>> next() = 0;
  virtual void cancel() = 0;
};

// Of DuckDB's own buffers.
struct EngineMemory {
  uint64_t bytes = 0;
  uint64_t bytes_max = 0;
};

// Thread-safe.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> make(Executor& executor, const DatabaseSource& databases,
                                              EngineOptions options);
  virtual ~Engine() = default;

  // kInvalidInput: syntax, planning, more than one statement, anything that is not a read; the text says what is
  // allowed. kNotFound: the database.
  virtual Result<std::unique_ptr<ResultStream>> execute(const Statement& statement) = 0;
  virtual EngineMemory memory() const { return {}; }
};

}  // namespace magnetite::query::sql
