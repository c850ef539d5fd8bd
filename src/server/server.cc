#include "server/server.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/logging.h"
#include "base/mutex.h"
#include "base/worker_pool.h"
#include "server/database_loader.h"
#include "server/database_registry.h"
#include "server/lifecycle_runner.h"
#include "server/log_opener.h"
#include "server/rules_proto.h"

namespace magnetite::server {

std::string_view to_string(ServerState state) {
  switch (state) {
    case ServerState::kWaitingForServerId:
      return "waiting for a server id";
    case ServerState::kLoading:
      return "loading";
    case ServerState::kReady:
      return "ready";
    case ServerState::kStopping:
      return "stopping";
  }
  return "unknown";
}

std::string_view to_string(DatabaseState state) {
  switch (state) {
    case DatabaseState::kKnown:
      return "known";
    case DatabaseState::kRulesLoaded:
      return "rules loaded";
    case DatabaseState::kCatalogLoaded:
      return "catalog loaded";
    case DatabaseState::kReplay:
      return "replay";
    case DatabaseState::kInitialized:
      return "initialized";
  }
  return "unknown";
}

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
  ServerImpl(Executor& executor, Disk& disk, object_store::ObjectStore& store, ServerOptions options)
      : executor_(executor),
        store_(store),
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
        lifecycle_(executor, [this] { return initialized_databases(); }),
        loader_(executor, store, databases_, {options_.loads_max, cores()},
                [this](model::ServerId id, model::DatabaseRules rules) {
                  return open_database(id, std::move(rules), database::Database::Origin::kExisting);
                }),
        remotes_(store),
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
    for (const auto& [name, entry] : databases_.all())
      if (entry.database != nullptr) entry.database->stop();
    for (const jobs::JobStatus& job : jobs_.list()) jobs_.cancel(job.id);
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

  Result<> create_database(model::DatabaseRules rules) override {
    MAGNETITE_TRY(const model::ServerId id, ready_id());
    model::materialise_defaults(rules);
    MAGNETITE_RETURN_IF_ERROR(model::validate(rules));
    MAGNETITE_RETURN_IF_ERROR(LogOpener::check(rules));
    MAGNETITE_RETURN_IF_ERROR(entry::PartitionKeyMaker::make(rules.partition_template));
    if (databases_.size() >= options_.databases_max)
      return fail(
          ErrorCode::kLimitExceeded,
          fmt::format("the server has {} databases, the most allowed (--databases-max)", options_.databases_max));
    rules.uuid = model::Uuid::random();
    const std::string name = rules.name;
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
    MAGNETITE_TRY(const std::shared_ptr<database::Database> found, databases_.find(rules.name));
    const MutexLock lock(update_mutex_);  // file and memory change in the same order
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
      auto created = create_database(model::default_rules(std::string(name)));
      // Another write may have been first; its database is found, or still being made and then worth another try.
      if (!created && created.error().code() != ErrorCode::kAlreadyExists)
        return std::unexpected(std::move(created).error());
      found = databases_.find(name);
    }
    if (!found) return std::unexpected(std::move(found).error());
    return (*found)->write(std::move(input));
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
    std::ranges::sort(nap_nanos);
    jobs::JobSubject subject;
    subject.nap_nanos = nap_nanos;
    return jobs_.submit(dummy_pool_, jobs::JobKind::kDummy, std::move(subject),
                        [this, naps = std::move(nap_nanos)](jobs::JobControl& control) -> Result<> {
                          constexpr uint64_t kLookAgain = 20'000'000;
                          control.expect_rows(naps.size());
                          for (uint64_t left : naps) {
                            for (; left > 0; left -= std::min(left, kLookAgain)) {
                              MAGNETITE_RETURN_IF_ERROR(control.check());
                              executor_.pause(Duration(static_cast<int64_t>(std::min(left, kLookAgain))));
                            }
                            control.advance(1, 0);
                          }
                          return {};
                        });
  }

  ServerStatus status() const override {
    ServerStatus status;
    {
      const MutexLock lock(mutex_);
      status.state = state_;
      status.error = error_;
    }
    for (const auto& [name, entry] : databases_.all()) {
      DatabaseStatus each;
      each.name = name;
      each.state = entry.state;
      each.error = entry.error;
      if (entry.database != nullptr) {
        const write_buffer::WriterStatus log = entry.database->log_status();
        const database::ReplayProgress replay = entry.database->replay_progress();
        each.replayed_bytes = replay.bytes;
        each.replayed_records = replay.records;
        each.replay_records_total = replay.records_total;
        each.replay_elapsed = replay.elapsed;
        each.replay_left = replay.left;
        each.log_mode = log.mode;
        each.log_problem = log.problem;
        each.log_bytes = log.bytes_on_disk;
        each.log_bytes_max = entry.database->log_bytes_max();
        if (each.error.empty()) each.error = entry.database->problem();
        each.rows = entry.database->rows();
        each.memory_bytes = entry.database->memory_bytes();
        each.log_type = entry.database->log().type_name();
        each.log_use = to_string(entry.database->log().use());
        each.sequencers = entry.database->sequencers();
      }
      status.databases.push_back(std::move(each));
    }
    return status;
  }

  Counters counters(std::string_view name) const override {
    const auto found = databases_.find(name);
    if (!found) return {};
    const database::IngestCounters* counters = (*found)->counters();
    if (counters == nullptr) return {};
    return {counters->lines_accepted, counters->lines_rejected, counters->fields_accepted, counters->body_bytes};
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
    auto names = loader_.find(*id);
    for (; !names; names = loader_.find(*id)) {
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
    load_later(*id, later);
  }

  // Databases for which the store failed; the others are open meanwhile.
  void load_later(model::ServerId id, std::vector<std::string> names) EXCLUDES(mutex_) {
    for (Duration delay = kRetryMin; !names.empty(); delay = std::min(2 * delay, kRetryMax)) {
      if (!wait_to_retry(delay)) return;
      names = loader_.load(id, names, stopping_);
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
  object_store::ObjectStore& store_;
  const ServerOptions options_;
  database::MemoryGauge memory_;
  const std::shared_ptr<chunk::DecodedCache> cache_;
  const std::shared_ptr<chunk::FooterCache> footers_;
  jobs::JobRegistry jobs_;
  WorkerPool pool_;
  LogOpener logs_;         // outlives the databases
  WorkerPool dummy_pool_;  // real jobs never wait for them
  LifecycleRunner lifecycle_;
  DatabaseRegistry databases_;
  DatabaseLoader loader_;
  Remotes remotes_;
  std::atomic<bool> serving_ = true;
  std::atomic<bool> stopping_ = false;
  mutable Mutex update_mutex_;

  mutable Mutex mutex_;
  Signal changed_;
  ServerState state_ GUARDED_BY(mutex_) = ServerState::kWaitingForServerId;
  std::optional<model::ServerId> server_id_ GUARDED_BY(mutex_);
  std::string error_ GUARDED_BY(mutex_);

  Task worker_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::make(Executor& executor, Disk& disk, object_store::ObjectStore& store,
                                             ServerOptions options) {
  return std::make_unique<ServerImpl>(executor, disk, store, std::move(options));
}

}  // namespace magnetite::server
