// The log that a database's rules ask for: one of its own in the server's log folder, or one that others have too.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/disk.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/result.h"
#include "model/database_rules.h"
#include "write_buffer/connection.h"
#include "write_buffer/log.h"
#include "write_buffer/memory/memory_log.h"

namespace magnetite::server {

struct LogOpenerOptions {
  std::string folder;  // of own logs, one below it for each database
  write_buffer::SyncMode sync;
  uint32_t sequencer_count = 1;  // of new own logs
};

// Thread-safe. `executor` and `disk` outlive it and its logs.
class LogOpener {
 public:
  LogOpener(Executor& executor, Disk& disk, LogOpenerOptions options)
      : executor_(executor), disk_(disk), options_(std::move(options)), memory_logs_(executor) {}

  // kInvalidInput with the field's path, for connections that make no sense.
  static Result<> check(const model::DatabaseRules& rules);

  // A log that is missing is made where the connection says of how many sequencers; an own one always.
  // kInvalidInput, kFailedPrecondition (it is missing, its settings would lose writes), kUnavailable (worth repeating).
  Result<write_buffer::Log> open(const model::DatabaseRules& rules);

 private:
  Result<write_buffer::Log> open_own(const model::DatabaseRules& rules);
  Result<write_buffer::Log> open_shared(const std::string& name, write_buffer::LogUse use,
                                        const write_buffer::Connection& connection);
  Result<write_buffer::Log> open_file(const write_buffer::FileConnection& connection, write_buffer::LogUse use)
      EXCLUDES(mutex_);
  Result<write_buffer::Log> open_memory(const write_buffer::MemoryConnection& connection, write_buffer::LogUse use);

  Executor& executor_;
  Disk& disk_;
  const LogOpenerOptions options_;
  write_buffer::MemoryLogs memory_logs_;
  Mutex mutex_;
  // Databases of this process that name the same folder share its log.
  std::map<std::string, std::weak_ptr<write_buffer::FileLog>> file_logs_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::server
