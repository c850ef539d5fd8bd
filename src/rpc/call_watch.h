// Ends the statements of clients that went away: Flight runs a call on one thread, which sees nothing while a statement
// computes. Heavy header: for .cc files of this folder.
#pragma once

#include <arrow/flight/server.h>

#include <list>
#include <memory>

#include "base/executor.h"
#include "base/mutex.h"
#include "query/sql/engine.h"

namespace magnetite::rpc {

// Thread-safe. Looks ten times a second at the calls that are watched, and sleeps while there are none.
class CallWatch {
  struct Call {
    const arrow::flight::ServerCallContext* context;
    std::shared_ptr<query::sql::Cancellation> cancellation;
  };

 public:
  explicit CallWatch(Executor& executor);
  ~CallWatch();  // nothing is watched any more
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

  // A call is watched as long as this lives, which is not longer than its context.
  class Watched {
   public:
    Watched(CallWatch& watch, std::list<Call>::iterator call) : watch_(watch), call_(call) {}
    ~Watched();
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

   private:
    CallWatch& watch_;
    const std::list<Call>::iterator call_;
  };
  std::unique_ptr<Watched> watch(const arrow::flight::ServerCallContext& context,
                                 std::shared_ptr<query::sql::Cancellation> cancellation) EXCLUDES(mutex_);

 private:
  void run() EXCLUDES(mutex_);

  Executor& executor_;
  Mutex mutex_;
  Signal changed_;
  std::list<Call> calls_ GUARDED_BY(mutex_);
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  Task task_;  // last: joins before anything it uses is destroyed
};

}  // namespace magnetite::rpc
