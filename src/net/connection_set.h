// Open connections, so that stopping can end them.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "base/executor.h"

namespace magnetite::net {

class Connection {
 public:
  virtual ~Connection() = default;

  // From any thread. kIdle: ends it unless something is being done for its client; kNow: breaks that off as well.
  enum class End : uint8_t { kIdle, kNow };
  virtual void end(End how) = 0;
};

// Thread-safe.
class ConnectionSet {
 public:
  explicit ConnectionSet(Executor& executor) : changed_(executor) {}

  void add(std::shared_ptr<Connection> connection) EXCLUDES(mutex_);
  void remove(const Connection* connection) EXCLUDES(mutex_);
  size_t size() const EXCLUDES(mutex_);
  void end_all(Connection::End how) EXCLUDES(mutex_);
  // False: some are left at the deadline.
  bool wait_until_empty(MonoTime deadline) EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  Signal changed_;
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::net
