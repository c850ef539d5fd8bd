#include "server/database_registry.h"

#include <fmt/format.h>

namespace magnetite::server {

DatabaseRegistry::Claim::~Claim() {
  if (registry_ == nullptr) return;
  const MutexLock lock(registry_->mutex_);
  registry_->claims_.erase(name_);
  registry_->released_.notify_all();
}

Result<DatabaseRegistry::Claim> DatabaseRegistry::claim(std::string_view name, std::string what, Duration patience) {
  const MonoTime deadline = executor_.clock().mono_now() + patience;
  const MutexLock lock(mutex_);
  for (auto held = claims_.find(name); held != claims_.end(); held = claims_.find(name)) {
    if (executor_.clock().mono_now() >= deadline)
      return magnetite::fail(ErrorCode::kUnavailable, fmt::format("database {} is {}: try again", name, held->second));
    released_.wait_until(mutex_, deadline, WaitReason::kTimer);
  }
  claims_.emplace(name, std::move(what));
  return Claim(this, std::string(name));
}

bool DatabaseRegistry::reserve(const std::string& name) {
  const MutexLock lock(mutex_);
  return entries_.try_emplace(name).second;
}

void DatabaseRegistry::forget(const std::string& name) {
  std::shared_ptr<database::Database> before;  // as in set()
  const MutexLock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  before = std::move(found->second.database);
  entries_.erase(found);
}

void DatabaseRegistry::set(const std::string& name, Entry entry) {
  std::shared_ptr<database::Database> before;  // a database that goes is destroyed outside the lock
  const MutexLock lock(mutex_);
  Entry& current = entries_[name];
  before = std::move(current.database);
  current = std::move(entry);
}

void DatabaseRegistry::fail(const std::string& name, std::string error) {
  std::shared_ptr<database::Database> before;
  const MutexLock lock(mutex_);
  Entry& current = entries_[name];
  before = std::move(current.database);
  current.database = nullptr;
  current.error = std::move(error);
}

Result<std::shared_ptr<database::Database>> DatabaseRegistry::find(std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return magnetite::fail(ErrorCode::kNotFound, fmt::format("Database {} not found", name));
  const Entry& entry = found->second;
  if (!entry.error.empty())
    return magnetite::fail(ErrorCode::kFailedPrecondition,
                           fmt::format("database {} could not be loaded: {}", name, entry.error));
  if (entry.state != DatabaseState::kInitialized)
    return magnetite::fail(ErrorCode::kUnavailable,
                           fmt::format("database {} is loading ({})", name, to_string(entry.state)));
  return entry.database;
}

std::optional<DatabaseRegistry::Entry> DatabaseRegistry::entry(std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

size_t DatabaseRegistry::size() const {
  const MutexLock lock(mutex_);
  return entries_.size();
}

std::map<std::string, DatabaseRegistry::Entry, std::less<>> DatabaseRegistry::all() const {
  const MutexLock lock(mutex_);
  return entries_;
}

void DatabaseRegistry::clear() {
  std::map<std::string, Entry, std::less<>> gone;
  const MutexLock lock(mutex_);
  gone.swap(entries_);
}

}  // namespace magnetite::server
