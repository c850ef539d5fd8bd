// A server: its id, its databases, and where they are in their start. The edges (http/, rpc/) call only this.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "base/executor.h"
#include "base/result.h"
#include "database/chunk_counters.h"
#include "database/chunk_info.h"
#include "database/sequencer_status.h"
#include "database/write.h"
#include "jobs/job_registry.h"
#include "lifecycle/actions.h"
#include "model/database_rules.h"
#include "model/ids.h"
#include "model/limits.h"
#include "object_store/object_store.h"
#include "query/table_snapshot.h"
#include "server/deleted_databases.h"
#include "server/remote_writer.h"
#include "server/remotes.h"
#include "write_buffer/sync_mode.h"

namespace magnetite::server {

struct ServerOptions {
  std::optional<model::ServerId> server_id;
  std::string log_folder;   // of the local logs: <log_folder>/<database uuid>
  std::string data_folder;  // whose disk status() looks at; empty: none
  write_buffer::SyncMode wal_sync;
  bool skip_replay = false;  // of every database at this start, see database::ReplayChoices
  bool accept_log_loss = false;
  uint32_t sequencer_count = 0;  // of new databases; 0 = cores, at most 8
  bool create_databases_on_write = true;
  std::string remote_template;  // address of other servers that no remote names; `{id}` in it is theirs
  bool serving = true;          // to start with, see set_serving()
  model::Limits limits;
  size_t databases_max = 1'000;
  size_t loads_max = 16;          // databases that load at a time
  size_t cache_bytes_max = 0;     // decoded columns; 0 = a quarter of the machine's memory
  uint64_t memory_bytes_max = 0;  // of all chunks; writes above are refused; 0 = 70 % of the machine's memory
  uint64_t open_chunk_bytes_max = 256ull << 20;    // an open chunk is frozen into its image above this
  Duration deleted_kept = std::chrono::hours(72);  // a deleted database, unless its deletion says otherwise
  uint64_t log_bytes_max = 10ull << 30;            // local log of a database that persists nothing
};

// Databases load in the background once the id is known; until they are all there (each loaded or failed), everything
// that touches databases is refused with kUnavailable.
enum class ServerState : uint8_t { kWaitingForServerId, kLoading, kReady, kStopping };
std::string_view to_string(ServerState state);

// On its way up; states only move forward. kCatalogLoaded: its files and checkpoints are known, it waits for its
// replay.
enum class DatabaseState : uint8_t { kKnown, kRulesLoaded, kCatalogLoaded, kReplay, kInitialized };
std::string_view to_string(DatabaseState state);

struct DatabaseStatus {
  std::string name;
  DatabaseState state = DatabaseState::kKnown;
  std::string error;  // empty = none
  uint64_t replayed_bytes = 0;
  uint64_t replayed_records = 0;
  uint64_t replay_records_total = 0;  // about
  Duration replay_elapsed{};
  std::optional<Duration> replay_left;  // about; absent = not known
  std::string log_mode;                 // "file, sync=commit"
  std::string log_problem;              // why writes are refused at the moment; empty = accepting
  uint64_t log_bytes = 0;
  std::optional<uint64_t> log_bytes_max;  // absent: it is trimmed as rows are persisted
  uint64_t rows = 0;
  uint64_t memory_bytes = 0;
  std::string log_type;  // "file", "kafka"
  std::string log_use;   // "own", "writing", "reading"
  std::vector<database::SequencerStatus> sequencers;
  database::ChunkTally chunks{};
  uint64_t memory_bytes_soft = 0;  // of its rules; 0 = the process's limits count
  uint64_t memory_bytes_hard = 0;

  std::optional<uint64_t> lag() const;  // of all sequencers in sum; absent: no log is only read
};

// What the process has and uses.
struct ServerUse {
  Duration uptime{};
  uint64_t memory_bytes = 0;  // of all chunks
  uint64_t memory_bytes_max = 0;
  uint64_t cache_bytes = 0;  // of decoded columns
  uint64_t cache_bytes_max = 0;
  jobs::JobLoad jobs;
  std::optional<DiskSpace> disk;  // of the data folder
};

struct ServerStatus {
  ServerState state = ServerState::kWaitingForServerId;
  std::string error;                      // e.g. "store error: ..."
  std::vector<DatabaseStatus> databases;  // by name
  ServerUse use;
};

struct Counters {  // since start, for /metrics
  uint64_t lines_accepted = 0;
  uint64_t lines_rejected = 0;
  uint64_t fields_accepted = 0;
  uint64_t body_bytes = 0;
  uint64_t body_bytes_failed = 0;
  uint64_t entry_bytes = 0;
  uint64_t entry_bytes_failed = 0;
  uint64_t chunks_pruned = 0;
  uint64_t rows_pruned = 0;
  database::ChunkEventCounts chunk_events{};
};

// Thread-safe. `executor`, `disk` and `store` outlive it.
class Server : public query::DatabaseSource {
 public:
  // Without a writer it cannot send writes to others.
  static Result<std::unique_ptr<Server>> make(Executor& executor, Disk& disk, object_store::ObjectStore& store,
                                              ServerOptions options,
                                              std::unique_ptr<RemoteWriter> remote_writer = nullptr);

  virtual void start() = 0;  // the background worker
  virtual void stop() = 0;   // refuses new work, ends jobs, closes databases; idempotent

  virtual std::optional<model::ServerId> server_id() const = 0;
  // kInvalidInput "id already set" once there is one, or for 0.
  virtual Result<> set_server_id(model::ServerId id) = 0;

  // kFailedPrecondition without a server id, kUnavailable while loading, kAlreadyExists, kInvalidInput with a field
  // path.
  virtual Result<> create_database(model::DatabaseRules rules) = 0;
  virtual Result<model::DatabaseRules> rules(std::string_view database) const = 0;  // kNotFound
  virtual Result<model::DatabaseRules> update_rules(model::DatabaseRules rules) = 0;

  // Blocks until durable and visible. kNotFound when creating on write is off; kResourceExhausted, kUnavailable and
  // kUnclear are worth repeating.
  // Where the rules say so it goes to other servers instead; see Router for its errors.
  virtual Result<database::WriteReport> write(std::string_view database, database::WriteInput input) = 0;

  // What the policy would do, now, whatever it thinks: large work has only begun as a job when this returns. kNotFound,
  // kFailedPrecondition when the chunk or the partition is not in a state for it.
  virtual Result<std::optional<jobs::JobId>> perform(std::string_view database, const lifecycle::Action& action) = 0;
  virtual Result<std::vector<database::ChunkInfo>> chunks(std::string_view database) const = 0;
  virtual jobs::JobRegistry& jobs() = 0;
  // By id. Without a server id there are none, and none can be set or removed (kFailedPrecondition).
  virtual Result<std::vector<Remote>> remotes() = 0;
  virtual Result<> set_remote(Remote remote) = 0;
  virtual Result<> remove_remote(uint32_t id) = 0;

  // A job that only sleeps, one nap after the other, the shortest first: for people who try out operations.
  virtual Result<jobs::JobId> start_dummy_job(std::vector<uint64_t> nap_nanos) = 0;

  // Deleted databases are kept for a while and can come back: see DatabaseAdmin.
  virtual Result<DeletedDatabase> delete_database(std::string_view name, std::optional<Duration> keep_for) = 0;
  virtual Result<model::Uuid> restore_database(std::string_view name, const std::optional<model::Uuid>& uuid) = 0;
  virtual Result<std::vector<DeletedDatabase>> deleted_databases() const = 0;
  // Jobs.
  virtual Result<jobs::JobId> verify_catalog(std::string_view name) = 0;
  virtual Result<jobs::JobId> rebuild_catalog(std::string_view name, bool pass_over_unreadable) = 0;
  virtual Result<jobs::JobId> wipe_catalog(std::string_view name) = 0;

  virtual ServerStatus status() const = 0;
  virtual Counters counters(std::string_view database) const = 0;

  // Readiness switch of the management API: false makes data calls answer kUnavailable.
  virtual bool serving() const = 0;
  virtual void set_serving(bool serving) = 0;
};

}  // namespace magnetite::server
