// One DuckDB with all that is ours in it, and its connections. Heavy: for .cc files of this folder.
#pragma once

#include <duckdb.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "query/sql/engine.h"

namespace magnetite::query::sql {

// Thread-safe.
class Instance {
 public:
  // `databases` outlives it.
  static Result<std::shared_ptr<Instance>> open(const EngineOptions& options, const DatabaseSource& databases);

  std::unique_ptr<duckdb::Connection> borrow() EXCLUDES(mutex_);
  void give_back(std::unique_ptr<duckdb::Connection> connection) EXCLUDES(mutex_);
  // After a fault of DuckDB's own it refuses all further work.
  bool is_broken() const;
  EngineMemory memory() const;

 private:
  Instance() = default;
  void prepare(const EngineOptions& options, const DatabaseSource& databases);

  std::unique_ptr<duckdb::DuckDB> database_;
  Mutex mutex_;
  std::vector<std::unique_ptr<duckdb::Connection>> idle_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::query::sql
