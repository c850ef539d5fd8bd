// Runs the lifecycle of all databases, one after the other, on a task of its own; what takes long are jobs elsewhere.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "database/database.h"

namespace magnetite::server {

// Thread-safe.
class LifecycleRunner {
 public:
  using Databases = std::function<std::vector<std::shared_ptr<database::Database>>()>;  // those that are loaded

  LifecycleRunner(Executor& executor, Databases databases);
  ~LifecycleRunner() { stop(); }

  void start();
  MonoTime run_once();  // one pass over all; returns when the next is due at the latest
  void stop();          // returns when no pass runs

 private:
  void run() EXCLUDES(mutex_);

  Executor& executor_;
  const Databases databases_;
  Mutex mutex_;
  Signal stopped_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  Task task_;
};

}  // namespace magnetite::server
