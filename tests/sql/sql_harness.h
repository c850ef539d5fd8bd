// A server and its SQL engine in one process, over a folder of its own: line protocol in, steps, SQL out.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/disk.h"
#include "base/executor.h"
#include "object_store/object_store.h"
#include "query/sql/engine.h"
#include "server/server.h"

namespace magnetite::testing {

// The states a chunk can be in; every case gives the same rows in each.
enum class ChunkState : uint8_t {
  kOpen,       // mutable columns
  kFrozen,     // images: every write is frozen at once
  kReplayed,   // open columns after a restart
  kCompacted,  // one image in memory
  kPersisted,  // image in memory and in the store
  kUnloaded,   // in the store only
  kRestored,   // in the store only, after a restart
};

class SqlHarness {
 public:
  explicit SqlHarness(ChunkState state, query::sql::EngineOptions options = {});
  ~SqlHarness();

  // Fails the test unless every line is stored.
  void write(const std::string& lines, const std::string& database = "db");
  void restart();
  // Brings what was written into the state under test.
  void settle();
  // CSV with header, or "error: ..." with the code's words.
  std::string query(const std::string& sql, const std::string& database = "db");

  server::Server& server() { return *server_; }
  query::sql::Engine& engine() { return *engine_; }

 private:
  void start();
  // Does it to every partition, and waits for the jobs.
  void act(const std::function<std::vector<lifecycle::Action>(const query::TableSnapshot&)>& actions);
  void compact();
  void persist();
  void unload();
  const ChunkState state_;
  const query::sql::EngineOptions options_;
  const std::string folder_;
  const std::unique_ptr<Executor> executor_;
  const std::unique_ptr<Disk> disk_;
  std::unique_ptr<object_store::ObjectStore> store_;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<query::sql::Engine> engine_;
};

}  // namespace magnetite::testing
