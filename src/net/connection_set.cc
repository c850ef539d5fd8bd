#include "net/connection_set.h"

#include <vector>

namespace magnetite::net {

void ConnectionSet::add(std::shared_ptr<Connection> connection) {
  const MutexLock lock(mutex_);
  const Connection* key = connection.get();
  connections_.emplace(key, std::move(connection));
}

void ConnectionSet::remove(const Connection* connection) {
  std::shared_ptr<Connection> removed;  // destroyed outside the lock
  {
    const MutexLock lock(mutex_);
    const auto found = connections_.find(connection);
    if (found == connections_.end()) return;
    removed = std::move(found->second);
    connections_.erase(found);
  }
  changed_.notify_all();
}

size_t ConnectionSet::size() const {
  const MutexLock lock(mutex_);
  return connections_.size();
}

void ConnectionSet::end_all(Connection::End how) {
  std::vector<std::shared_ptr<Connection>> all;
  {
    const MutexLock lock(mutex_);
    for (const auto& [key, connection] : connections_) all.push_back(connection);
  }
  for (const auto& connection : all) connection->end(how);
}

bool ConnectionSet::wait_until_empty(MonoTime deadline) {
  const MutexLock lock(mutex_);
  while (!connections_.empty())
    if (changed_.wait_until(mutex_, deadline, WaitReason::kJoin) == WaitOutcome::kDeadline) return connections_.empty();
  return true;
}

}  // namespace magnetite::net
