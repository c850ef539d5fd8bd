// What an operator does with whole databases: delete them and bring them back, check and remake their catalogs. Also
// the background work that follows: what was deleted is purged once its time is over.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/worker_pool.h"
#include "jobs/job_registry.h"
#include "model/ids.h"
#include "object_store/object_store.h"
#include "server/database_loader.h"
#include "server/database_registry.h"
#include "server/deleted_databases.h"
#include "server/log_opener.h"

namespace magnetite::server {

// The server's own; outlive the admin.
struct AdminParts {
  Executor& executor;
  Disk& disk;
  object_store::ObjectStore& store;
  DatabaseRegistry& databases;
  DatabaseLoader& loader;
  LogOpener& logs;
  jobs::JobRegistry& jobs;
  WorkerPool& pool;  // of jobs that people start; stopped before the admin goes
  std::string log_folder;
  const std::atomic<bool>& stopping;
};

// Thread-safe. The calls are for a server that is ready; `server` is the same in all.
class DatabaseAdmin {
 public:
  explicit DatabaseAdmin(AdminParts parts);
  ~DatabaseAdmin() { stop(); }

  Result<> load_deleted(model::ServerId server) { return deleted_.load(server); }
  void start_purging(model::ServerId server);
  // Removes what is due, each as a job; what fails is tried again in the next pass. Returns when that is.
  MonoTime purge_once(model::ServerId server) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

  // The name is free when it returns; running queries end in their own time. kNotFound; kUnavailable while it loads;
  // kFailedPrecondition when its rules cannot be read.
  Result<DeletedDatabase> remove(model::ServerId server, std::string_view name, Duration keep_for);
  // It is loaded when this returns. kNotFound, kAlreadyExists; kUnavailable while queries still hold it.
  Result<model::Uuid> restore(model::ServerId server, std::string_view name, const std::optional<model::Uuid>& uuid);
  std::vector<DeletedDatabase> deleted() const { return deleted_.list(); }
  bool keeps(std::string_view name) const { return deleted_.find(name, {}).has_value(); }

  // Jobs, whose report says what was found. The first at any time; the others only where the database could not be
  // loaded (kAlreadyExists), which they then try again.
  Result<jobs::JobId> verify_catalog(model::ServerId server, std::string_view name);
  Result<jobs::JobId> rebuild_catalog(model::ServerId server, std::string_view name, bool pass_over_unreadable);
  // As clients of the 2021 server know it. Nothing is lost here: a rebuild that passes over what it cannot read. Of a
  // name that is not known nothing has to be wiped.
  Result<jobs::JobId> wipe_catalog(model::ServerId server, std::string_view name);

 private:
  Result<jobs::JobId> remake_catalog(model::ServerId server, std::string_view name, bool pass_over_unreadable,
                                     jobs::JobKind kind);
  Result<> purge(model::ServerId server, const DeletedDatabase& deleted, const jobs::JobControl& control);
  Result<> check_gone(model::ServerId server, const DeletedDatabase& deleted) const;
  Result<> remove_log(const model::DatabaseRules& rules);
  bool is_in_use(const model::Uuid& uuid) EXCLUDES(mutex_);
  void run_purging(model::ServerId server) EXCLUDES(mutex_);

  const AdminParts parts_;
  DeletedDatabases deleted_;
  Mutex mutex_;
  Signal due_;  // something was deleted, or it stops
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool look_again_ GUARDED_BY(mutex_) = false;
  // Deleted by this process; queries may still hold them.
  std::map<model::Uuid, std::weak_ptr<database::Database>> let_go_ GUARDED_BY(mutex_);
  Task purger_;
};

}  // namespace magnetite::server
