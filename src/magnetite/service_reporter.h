// Tells the service manager how the server is: that it listens, how far loading is, and signs of life.
#pragma once

#include <optional>
#include <string>

#include "base/executor.h"
#include "process/service_manager.h"
#include "server/server.h"

namespace magnetite {

// Ready is said at once: a server that loads answers already, and its start may take long. A sign of life is only given
// after a look at the server's locks and an answer of its own listener. Without a manager it does nothing. What is
// passed outlives it.
class ServiceReporter {
 public:
  ServiceReporter(Executor& executor, const process::ServiceManager& manager, const server::Server& server,
                  std::string own_url);
  ~ServiceReporter();

  // From here on the manager is asked for patience, until the drain and a minute have passed.
  void begin_stop(Duration drain) EXCLUDES(mutex_);

 private:
  enum class Phase : uint8_t { kRunning, kStopping, kEnded };
  void run() EXCLUDES(mutex_);
  void report_running();
  void report_stopping(MonoTime until) const;
  Duration pause() const;

  Executor& executor_;
  const process::ServiceManager& manager_;
  const server::Server& server_;
  const std::string own_url_;
  std::string told_;     // of the task
  bool loaded_ = false;  // of the task

  Mutex mutex_;
  Signal changed_;
  Phase phase_ GUARDED_BY(mutex_) = Phase::kRunning;
  MonoTime patience_until_ GUARDED_BY(mutex_);
  Task task_;
};

}  // namespace magnetite
