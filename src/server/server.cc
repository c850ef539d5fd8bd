#include "server/server.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/logging.h"
#include "base/mutex.h"
#include "base/worker_pool.h"
#include "server/database_admin.h"
#include "server/database_loader.h"
#include "server/database_registry.h"
#include "server/database_status.h"
#include "server/dummy_job.h"
#include "server/lifecycle_runner.h"
#include "server/log_opener.h"
#include "server/new_database.h"
#include "server/router.h"
#include "server/rules_proto.h"

namespace magnetite::server {

namespace {

constexpr uint32_t kSequencersMax = 8;
constexpr Duration kRetryMin = std::chrono::seconds(1);  // of what the store refused at the start
constexpr Duration kRetryMax = std::chrono::minutes(1);

uint64_t machine_memory_bytes() {
  struct sysinfo info{};
  return ::sysinfo(&info) == 0 ? static_cast<uint64_t>(info.totalram) * info.mem_unit : uint64_t{4} << 30;
}

uint32_t cores() { return std::max(1u, std::thread::hardware_concurrency()); }

class ServerImpl final : public Server {
 public:
  ServerImpl(Executor& executor, Disk& disk, object_store::ObjectStore& store, ServerOptions options,
             std::unique_ptr<RemoteWriter> remote_writer)
      : executor_(executor),
        disk_(disk),
        store_(store),
        started_(executor.clock().mono_now()),
        options_(std::move(options)),
        memory_(options_.memory_bytes_max != 0 ? options_.memory_bytes_max : machine_memory_bytes() / 10 * 7),
        cache_(std::make_shared<chunk::DecodedCache>(options_.cache_bytes_max != 0 ? options_.cache_bytes_max
                                                                                   : machine_memory_bytes() / 4)),
        // Few waiting jobs: their rows stay in memory as columns, and a writer that finds the queue full builds itself.
        footers_(std::make_shared<chunk::FooterCache>(machine_memory_bytes() / 16)),
        jobs_(executor),
        pool_(executor, {.name = "jobs", .threads = job_threads(), .queue_jobs_max = 2, .background = true}),
        logs_(executor, disk,
              {options_.log_folder, options_.wal_sync,
               options_.sequencer_count != 0 ? options_.sequencer_count : std::min(cores(), kSequencersMax)}),
        dummy_pool_(executor, {.name = "dummy-jobs", .threads = 2, .queue_jobs_max = 64}),
        admin_pool_(executor, {.name = "admin-jobs", .threads = 2, .queue_jobs_max = 64}),
        lifecycle_(executor, [this] { return initialized_databases(); }),
        databases_(executor),
        loader_(executor, store, databases_, {options_.loads_max, cores()},
                [this](model::ServerId id, model::DatabaseRules rules) {
                  return open_database(id, std::move(rules), database::Database::Origin::kExisting);
                }),
        remotes_(store),
        router_(executor, remotes_, std::move(remote_writer), {options_.remote_template, options_.limits}),
        admin_({executor, disk, store, databases_, loader_, logs_, jobs_, admin_pool_, options_.log_folder, stopping_}),
        changed_(executor) {
    const MutexLock lock(mutex_);
    server_id_ = options_.server_id;
    serving_ = options_.serving;
    if (server_id_) state_ = ServerState::kLoading;
  }
  ~ServerImpl() override { stop(); }

  void start() override {
    worker_ = executor_.spawn("loader", [this] { run_loader(); });
    lifecycle_.start();
  }

  void stop() override {
    {
      const MutexLock lock(mutex_);
      state_ = ServerState::kStopping;
      changed_.notify_all();
    }
    stopping_ = true;
    worker_.join();
    lifecycle_.stop();
    admin_.stop();
    for (const jobs::JobStatus& job : jobs_.list()) jobs_.cancel(job.id);
    admin_pool_.stop();
    for (const auto& [name, entry] : databases_.all())
      if (entry.database != nullptr) entry.database->stop();
    databases_.clear();
    pool_.stop();
    dummy_pool_.stop();
  }

  std::optional<model::ServerId> server_id() const override {
    const MutexLock lock(mutex_);
    return server_id_;
  }

  Result<> set_server_id(model::ServerId id) override {
    const MutexLock lock(mutex_);
    if (id.value == 0) return fail(ErrorCode::kInvalidInput, "id: Field is required");
    if (server_id_) return fail(ErrorCode::kInvalidInput, "id: id already set");
    server_id_ = id;
    if (state_ == ServerState::kWaitingForServerId) state_ = ServerState::kLoading;
    changed_.notify_all();
    return {};
  }

  Result<> create_database(model::DatabaseRules asked) override {
    MAGNETITE_TRY(const model::ServerId id, ready_id());
    MAGNETITE_TRY(model::DatabaseRules rules, rules_of_new_database(std::move(asked)));
    MAGNETITE_RETURN_IF_ERROR(check_count());
    const std::string name = rules.name;
    MAGNETITE_TRY(const DatabaseRegistry::Claim claim, databases_.claim(name, "being created"));
    if (!databases_.reserve(name))
      return fail(ErrorCode::kAlreadyExists, fmt::format("Database {} already exists", name));
    const auto create = [&]() -> Result<std::shared_ptr<database::Database>> {
      MAGNETITE_RETURN_IF_ERROR(store_.put_if_absent(rules_path(id, name), encode_rules_file(rules)));
      auto opened = open_database(id, std::move(rules), database::Database::Origin::kCreated);
      if (auto begun = opened ? (*opened)->begin() : Result<>(); !begun) opened = std::unexpected(begun.error());
      if (!opened) static_cast<void>(store_.remove(rules_path(id, name)));  // ours and empty: the name is free again
      return opened;
    };
    auto created = create();
    if (!created) {
      databases_.forget(name);
      return std::unexpected(std::move(created).error());
    }
    databases_.set(name, {DatabaseState::kInitialized, {}, *std::move(created)});
    log::info("database created", {{"database", name}});
    return {};
  }

  Result<model::DatabaseRules> rules(std::string_view name) const override {
    MAGNETITE_RETURN_IF_ERROR(ready_id());
    MAGNETITE_TRY(const std::shared_ptr<database::Database> found, databases_.find(name));
    return found->rules();
  }

  Result<model::DatabaseRules> update_rules(model::DatabaseRules rules) override {
    MAGNETITE_TRY(const model::ServerId id, ready_id());
    model::materialise_defaults(rules);
    MAGNETITE_RETURN_IF_ERROR(model::validate(rules));
    // File and memory change in the same order.
    MAGNETITE_TRY(const DatabaseRegistry::Claim claim, databases_.claim(rules.name, "having its rules changed"));
    MAGNETITE_TRY(const std::shared_ptr<database::Database> found, databases_.find(rules.name));
    rules.uuid = found->rules().uuid;
    MAGNETITE_RETURN_IF_ERROR(found->check_update(rules));
    MAGNETITE_RETURN_IF_ERROR(store_.put(rules_path(id, rules.name), encode_rules_file(rules)));
    found->update_rules(rules);
    return rules;
  }

  Result<database::WriteReport> write(std::string_view name, database::WriteInput input) override {
    MAGNETITE_RETURN_IF_ERROR(ready_id());
    auto found = databases_.find(name);
    if (!found && found.error().code() == ErrorCode::kNotFound && options_.create_databases_on_write) {
      if (admin_.keeps(name))
        return fail(ErrorCode::kNotFound,
                    fmt::format("Database {} not found: it was deleted and is kept for a while; bring it back with "
                                "`magnetite database restore`, or begin anew with `magnetite database create`",
                                name));
      auto created = create_database(model::default_rules(std::string(name)));
      // Another write may have been first; its database is found, or still being made and then worth another try.
      if (!created && created.error().code() != ErrorCode::kAlreadyExists)
        return std::unexpected(std::move(created).error());
      found = databases_.find(name);
    }
    if (!found) return std::unexpected(std::move(found).error());
    const std::shared_ptr<database::Database>& database = *found;
    if (input.store_here) return database->write(std::move(input));
    const std::shared_ptr<const sharding::Route> route = database->route();
    if (route == nullptr) return database->write(std::move(input));
    MAGNETITE_TRY(const model::ServerId self, known_id());
    return router_.write(self, database->database_name(), *route, std::move(input),
                         [&](database::WriteInput part) { return database->write(std::move(part)); });
  }

  Result<std::optional<jobs::JobId>> perform(std::string_view name, const lifecycle::Action& action) override {
    MAGNETITE_RETURN_IF_ERROR(ready_id());
    MAGNETITE_TRY(const std::shared_ptr<database::Database> found, databases_.find(name));
    return found->lifecycle().perform(action);
  }

  Result<std::vector<database::ChunkInfo>> chunks(std::string_view name) const override {
    MAGNETITE_RETURN_IF_ERROR(ready_id());
    MAGNETITE_TRY(const std::shared_ptr<database::Database> found, databases_.find(name));
    return found->chunks();
  }

  jobs::JobRegistry& jobs() override { return jobs_; }

  Result<std::vector<Remote>> remotes() override {
    const auto id = server_id();
    return id ? remotes_.list(*id) : std::vector<Remote>();
  }
  Result<> set_remote(Remote remote) override {
    MAGNETITE_TRY(const model::ServerId id, known_id());
    return remotes_.set(id, std::move(remote));
  }
  Result<> remove_remote(uint32_t remote) override {
    MAGNETITE_TRY(const model::ServerId id, known_id());
    return remotes_.remove(id, remote);
  }

  Result<jobs::JobId> start_dummy_job(std::vector<uint64_t> nap_nanos) override {
    return server::start_dummy_job(executor_, jobs_, dummy_pool_, std::move(nap_nanos));
  }

  Result<DeletedDatabase> delete_database(std::string_view name, std::optional<Duration> keep_for) override {
    MAGNETITE_TRY(const model::ServerId id, ready_id());
    return admin_.remove(id, name, keep_for.value_or(options_.deleted_kept));
  }
  Result<model::Uuid> restore_database(std::string_view name, const std::optional<model::Uuid>& uuid) override {
    MAGNETITE_TRY(const model::ServerId id, ready_id());
    MAGNETITE_RETURN_IF_ERROR(check_count());
    return admin_.restore(id, name, uuid);
  }
  Result<std::vector<DeletedDatabase>> deleted_databases() const override {
    MAGNETITE_RETURN_IF_ERROR(ready_id());
    return admin_.deleted();
  }
  Result<jobs::JobId> verify_catalog(std::string_view name) override {
    MAGNETITE_TRY(const model::ServerId id, ready_id());
    return admin_.verify_catalog(id, name);
  }
  Result<jobs::JobId> rebuild_catalog(std::string_view name, bool pass_over_unreadable) override {
    MAGNETITE_TRY(const model::ServerId id, ready_id());
    return admin_.rebuild_catalog(id, name, pass_over_unreadable);
  }
  Result<jobs::JobId> wipe_catalog(std::string_view name) override {
    MAGNETITE_TRY(const model::ServerId id, ready_id());
    return admin_.wipe_catalog(id, name);
  }

  ServerStatus status() const override {
    ServerStatus status;
    {
      const MutexLock lock(mutex_);
      status.state = state_;
      status.error = error_;
    }
    status.use = use();
    for (const auto& [name, entry] : databases_.all()) status.databases.push_back(status_of(name, entry));
    return status;
  }

  Counters counters(std::string_view name) const override {
    const auto found = databases_.find(name);
    if (!found) return {};
    return counters_of(**found);
  }

  bool serving() const override { return serving_; }
  void set_serving(bool serving) override { serving_ = serving; }

  std::vector<std::string> database_names() const override {
    std::vector<std::string> names;
    for (const auto& [name, entry] : databases_.all()) names.push_back(name);
    return names;
  }

  Result<std::shared_ptr<const query::TableSource>> database(std::string_view name) const override {
    MAGNETITE_RETURN_IF_ERROR(ready_id());
    MAGNETITE_TRY(const std::shared_ptr<database::Database> found, databases_.find(name));
    return found;
  }

 private:
  ServerUse use() const {
    ServerUse use;
    use.uptime = executor_.clock().mono_now() - started_;
    use.memory_bytes = memory_.bytes();
    use.memory_bytes_max = memory_.bytes_max();
    const chunk::CacheStatistics cache = cache_->statistics();
    use.cache_bytes = cache.bytes;
    use.cache_bytes_max = cache.bytes_max;
    use.jobs = jobs_.load();
    if (options_.data_folder.empty()) return use;
    if (const auto space = disk_.space(options_.data_folder)) use.disk = *space;
    return use;
  }

  static std::unexpected<Error> no_id() {
    return fail(ErrorCode::kFailedPrecondition, "Writer ID must be set: start with --server-id or call UpdateServerId");
  }

  Result<model::ServerId> known_id() const {
    const auto id = server_id();
    if (!id) return no_id();
    return *id;
  }

  // The gate of everything that touches databases.
  Result<model::ServerId> ready_id() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    switch (state_) {
      case ServerState::kWaitingForServerId:
        return no_id();
      case ServerState::kLoading:
        return fail(ErrorCode::kUnavailable, error_.empty() ? "databases are loading" : error_);
      case ServerState::kStopping:
        return fail(ErrorCode::kShutdown, "the server is stopping");
      case ServerState::kReady:
        break;
    }
    return *server_id_;
  }

  Result<> check_count() const {
    if (databases_.size() < options_.databases_max) return {};
    return fail(ErrorCode::kLimitExceeded,
                fmt::format("the server has {} databases, the most allowed (--databases-max)", options_.databases_max));
  }

  static size_t job_threads() { return std::max<size_t>(1, cores() / 2); }

  std::vector<std::shared_ptr<database::Database>> initialized_databases() const {
    std::vector<std::shared_ptr<database::Database>> initialized;
    for (auto& [name, entry] : databases_.all())
      if (entry.state == DatabaseState::kInitialized) initialized.push_back(entry.database);
    return initialized;
  }

  Result<std::shared_ptr<database::Database>> open_database(model::ServerId id, model::DatabaseRules rules,
                                                            database::Database::Origin origin) {
    MAGNETITE_TRY(write_buffer::Log log, logs_.open(rules));
    const database::Surroundings surroundings{executor_,
                                              pool_,
                                              jobs_,
                                              cache_,
                                              footers_,
                                              store_,
                                              memory_,
                                              options_.limits,
                                              options_.open_chunk_bytes_max,
                                              {job_threads(), job_threads()},
                                              options_.log_bytes_max};
    object_store::ObjectPath folder({std::to_string(id.value), rules.name, rules.uuid.text()});
    return database::Database::open(surroundings, std::move(rules), std::move(log), std::move(folder), origin,
                                    {options_.skip_replay, options_.accept_log_loss});
  }

  void run_loader() EXCLUDES(mutex_) {
    std::optional<model::ServerId> id;
    {
      const MutexLock lock(mutex_);
      while (!server_id_ && state_ != ServerState::kStopping) changed_.wait_until(mutex_, kNever, WaitReason::kIdle);
      id = server_id_;
    }
    Duration delay = kRetryMin;
    const auto find = [&]() -> Result<std::vector<std::string>> {
      MAGNETITE_RETURN_IF_ERROR(admin_.load_deleted(*id));
      return loader_.find(*id);
    };
    auto names = find();
    for (; !names; names = find()) {
      log::error("databases could not be listed", {{"error", names.error().message()}});
      {
        const MutexLock lock(mutex_);
        error_ = "store error: " + names.error().message();
      }
      if (!wait_to_retry(delay)) return;
      delay = std::min(2 * delay, kRetryMax);
    }
    const std::vector<std::string> later = loader_.load(*id, *names, stopping_);
    {
      const MutexLock lock(mutex_);
      if (state_ == ServerState::kStopping) return;
      error_.clear();
      state_ = ServerState::kReady;
    }
    log::info("databases are loaded", {{"count", std::to_string(databases_.size())}});
    admin_.start_purging(*id);
    load_later(*id, later);
  }

  // Databases for which the store failed; the others are open meanwhile.
  void load_later(model::ServerId id, std::vector<std::string> names) EXCLUDES(mutex_) {
    for (Duration delay = kRetryMin; !names.empty(); delay = std::min(2 * delay, kRetryMax)) {
      if (!wait_to_retry(delay)) return;
      names = loader_.load_again(id, names, stopping_);
    }
  }

  // False: the server stops.
  bool wait_to_retry(Duration delay) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const MonoTime retry = executor_.clock().mono_now() + delay;
    while (state_ != ServerState::kStopping &&
           changed_.wait_until(mutex_, retry, WaitReason::kTimer) != WaitOutcome::kDeadline) {
    }
    return state_ != ServerState::kStopping;
  }

  Executor& executor_;
  Disk& disk_;
  object_store::ObjectStore& store_;
  const MonoTime started_;
  const ServerOptions options_;
  database::MemoryGauge memory_;
  const std::shared_ptr<chunk::DecodedCache> cache_;
  const std::shared_ptr<chunk::FooterCache> footers_;
  jobs::JobRegistry jobs_;
  WorkerPool pool_;
  LogOpener logs_;         // outlives the databases
  WorkerPool dummy_pool_;  // real jobs never wait for them
  WorkerPool admin_pool_;
  LifecycleRunner lifecycle_;
  DatabaseRegistry databases_;
  DatabaseLoader loader_;
  Remotes remotes_;
  Router router_;
  DatabaseAdmin admin_;
  std::atomic<bool> serving_ = true;
  std::atomic<bool> stopping_ = false;

  mutable Mutex mutex_;
  Signal changed_;
  ServerState state_ GUARDED_BY(mutex_) = ServerState::kWaitingForServerId;
  std::optional<model::ServerId> server_id_ GUARDED_BY(mutex_);
  std::string error_ GUARDED_BY(mutex_);

  Task worker_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::make(Executor& executor, Disk& disk, object_store::ObjectStore& store,
                                             ServerOptions options, std::unique_ptr<RemoteWriter> remote_writer) {
  return std::make_unique<ServerImpl>(executor, disk, store, std::move(options), std::move(remote_writer));
}

}  // namespace magnetite::server
