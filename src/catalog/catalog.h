// The preserved catalog of one database, held by its one writer.
//
//   create() or open() --> ready --commit--> ready
//                            |--a put with unclear outcome--> unresolved --settled--> ready
//                            |--another writer's transaction or checkpoint--> fenced (final)
//                            \--stop()--> stopped (final)
//
// Every writer begins with a transaction of its own (the claim), so that an older one, of this server or of another one
// with the same id, fails at its next commit and a late put of it finds its place taken.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "catalog/commit_protocol.h"
#include "catalog/loader.h"
#include "catalog/state.h"
#include "object_store/object_store.h"

namespace magnetite::catalog {

struct CatalogOptions {
  uint64_t transactions_until_checkpoint = 100;
  size_t parallel_reads = 8;  // while loading
  // Between tries while an outcome is unclear; doubles up to the longer one.
  Duration retry_after = std::chrono::milliseconds(100);
  Duration retry_after_max = std::chrono::seconds(10);
};

inline constexpr uint64_t kTransactionBytesMax = uint64_t{64} << 20;

struct CatalogPlace {
  object_store::ObjectStore& store;  // outlives the catalog, as does the executor
  Executor& executor;
  ObjectPath database_folder;  // <server id>/<name>/<uuid>
  model::Uuid database;
};

// Given only once the transaction is certain: the log may be trimmed below state->checkpoint.
struct CommitReceipt {
  std::shared_ptr<const State> state;  // after it
  std::vector<FilePointer> added;      // by AddFile action, in their order
  bool checkpoint_due = false;
};

enum class CatalogCondition : uint8_t { kReady, kUnresolved, kFenced, kStopped };
std::string_view to_string(CatalogCondition condition);

struct CatalogStatus {
  CatalogCondition condition = CatalogCondition::kReady;
  uint64_t revision = 0;
  uint64_t failed_tries = 0;  // of the commit that is unresolved
  std::string detail;         // the last error; why it is fenced
};

class Catalog;

// Keeps the name of a file that is being written, or is not in the catalog yet, from cleanup. Take it before the first
// byte, drop it after commit() or once the file is given up for good. Must not outlive the catalog.
class FileReservation {
 public:
  FileReservation(FileReservation&& other) noexcept
      : catalog_(std::exchange(other.catalog_, nullptr)), path_(std::move(other.path_)) {}
  FileReservation& operator=(FileReservation&&) = delete;
  ~FileReservation();
  const std::string& path() const { return path_; }

 private:
  friend class Catalog;
  FileReservation(Catalog* catalog, std::string path) : catalog_(catalog), path_(std::move(path)) {}
  Catalog* catalog_;
  std::string path_;
};

// Thread-safe; commit(), write_checkpoint(), prune() and check_owner() block and take turns in the order they came.
class Catalog {
 public:
  // kAlreadyExists when there is one, readable or not.
  static Result<std::unique_ptr<Catalog>> create(CatalogPlace place, CatalogOptions options = {});
  // Problem::to_error() of what cannot be read; then nothing was changed.
  static Result<std::unique_ptr<Catalog>> open(CatalogPlace place, CatalogOptions options = {});
  ~Catalog();  // no call is under way

  std::shared_ptr<const State> state() const EXCLUDES(mutex_);

  // Blocks until the outcome is certain, however long the store fails. Errors:
  // kInvalidInput, kTooLarge, kUnavailable, kResourceExhausted: surely not committed, nothing has changed.
  // kFailedPrecondition: fenced, now and for all later calls; the files of the transaction are not in the catalog.
  // kShutdown: stopped; what the store was asked may or may not be done, the next open() knows.
  Result<CommitReceipt> commit(const Transaction& transaction) EXCLUDES(mutex_);

  bool checkpoint_due() const EXCLUDES(mutex_);
  // Writes the present state, then removes what it made superfluous. Failing is harmless: repeat it later.
  Result<> write_checkpoint() EXCLUDES(mutex_);
  // Removes transactions and checkpoints that the last two checkpoints make superfluous.
  Result<> prune() EXCLUDES(mutex_);
  // Asks the store whether another writer has taken over; kFailedPrecondition then, and from then on.
  Result<> check_owner() EXCLUDES(mutex_);

  FileReservation reserve(std::string file_path) EXCLUDES(mutex_);
  // One moment: the state, and the names that are in use although it does not have them.
  struct InUse {
    std::shared_ptr<const State> state;
    std::vector<std::string> other_paths;  // reserved, in a commit under way, or removed and still held by somebody
  };
  InUse in_use() const EXCLUDES(mutex_);

  // Ends waiting; all later calls fail with kShutdown.
  void stop() EXCLUDES(mutex_);
  CatalogStatus status() const EXCLUDES(mutex_);
  const CatalogPlace& place() const { return place_; }
  const std::vector<Problem>& passed_over() const { return passed_over_; }

 private:
  friend class FileReservation;
  class Turn;
  struct Retired {
    std::string path;
    std::weak_ptr<const FileEntry> file;
  };

  Catalog(CatalogPlace place, CatalogOptions options, std::shared_ptr<const State> state);

  static Result<std::unique_ptr<Catalog>> open_once(const CatalogPlace& place, const CatalogOptions& options);
  Result<CommitReceipt> commit_in_turn(const Transaction& transaction) EXCLUDES(mutex_);
  Result<> settle(CommitProtocol& protocol, uint64_t revision, std::span<const std::byte> bytes) EXCLUDES(mutex_);
  RecordHeader own_header(RecordKind kind) const;
  Result<> wait_to_retry(Duration wait) EXCLUDES(mutex_);
  Result<> check_usable() const REQUIRES(mutex_);
  void publish(std::shared_ptr<const State> state, const std::vector<FilePointer>& removed, uint64_t bytes)
      EXCLUDES(mutex_);
  Error fence(std::string why) EXCLUDES(mutex_);
  Result<> prune_in_turn() EXCLUDES(mutex_);

  const CatalogPlace place_;
  const CatalogOptions options_;
  const model::Uuid writer_;
  std::vector<Problem> passed_over_;  // written before anybody else sees the catalog
  bool is_new_ = false;               // there is no transaction yet; only the first claim sees this

  mutable Mutex mutex_;
  Signal changed_;
  std::shared_ptr<const State> state_ GUARDED_BY(mutex_);
  CatalogCondition condition_ GUARDED_BY(mutex_) = CatalogCondition::kReady;
  std::string detail_ GUARDED_BY(mutex_);
  uint64_t failed_tries_ GUARDED_BY(mutex_) = 0;
  uint64_t next_ticket_ GUARDED_BY(mutex_) = 0;
  uint64_t serving_ GUARDED_BY(mutex_) = 0;
  CheckpointPressure pressure_ GUARDED_BY(mutex_);
  std::multiset<std::string> reserved_ GUARDED_BY(mutex_);
  std::vector<std::string> committing_ GUARDED_BY(mutex_);
  std::vector<Retired> retired_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::catalog
