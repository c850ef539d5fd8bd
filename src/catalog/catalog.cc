#include "catalog/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/crash_point.h"
#include "catalog/record.h"

namespace magnetite::catalog {
namespace {

// A late put of a writer that died may take a claim's place; more than a few are another writer at work.
constexpr int kClaimTries = 5;

// Has somebody else gone on from `revision`, which we are about to make certain? Our own checkpoints lie below it and
// our own transactions end with it. Checkpoints are only removed when there are two later ones, so that a listing
// beside a writer who prunes shows one of them.
bool goes_beyond(const Listing& listing, uint64_t revision) {
  return (!listing.transactions.empty() && listing.transactions.back() > revision) ||
         (!listing.checkpoints.empty() && listing.checkpoints.back() >= revision);
}

}  // namespace

std::string_view to_string(CatalogCondition condition) {
  switch (condition) {
    case CatalogCondition::kReady:
      return "ready";
    case CatalogCondition::kUnresolved:
      return "unresolved";
    case CatalogCondition::kFenced:
      return "fenced";
    case CatalogCondition::kStopped:
      return "stopped";
  }
  return "unknown";
}

FileReservation::~FileReservation() {
  if (!catalog_) return;
  const MutexLock lock(catalog_->mutex_);
  catalog_->reserved_.extract(path_);
}

// One at a time, in the order they came.
class Catalog::Turn {
 public:
  explicit Turn(Catalog& catalog) : catalog_(catalog) {
    const MutexLock lock(catalog_.mutex_);
    const uint64_t ticket = catalog_.next_ticket_++;
    while (catalog_.serving_ != ticket) catalog_.changed_.wait_until(catalog_.mutex_, kNever, WaitReason::kJob);
    usable_ = catalog_.check_usable();
  }
  ~Turn() {
    const MutexLock lock(catalog_.mutex_);
    ++catalog_.serving_;
    catalog_.changed_.notify_all();
  }
  const Result<>& usable() const { return usable_; }

 private:
  Catalog& catalog_;
  Result<> usable_;
};

Catalog::Catalog(CatalogPlace place, CatalogOptions options, std::shared_ptr<const State> state)
    : place_(std::move(place)),
      options_(options),
      writer_(model::Uuid::random()),
      changed_(place_.executor),
      state_(std::move(state)) {}
Catalog::~Catalog() = default;

Result<std::unique_ptr<Catalog>> Catalog::create(CatalogPlace place, CatalogOptions options) {
  MAGNETITE_TRY(const Listing listing, list_catalog(place.store, place.database_folder));
  if (!listing.empty())
    return fail(ErrorCode::kAlreadyExists, fmt::format("there is a catalog in {}", place.database_folder.text()));
  auto state = empty_state(place.database);
  std::unique_ptr<Catalog> catalog(new Catalog(std::move(place), options, std::move(state)));
  catalog->is_new_ = true;
  if (auto claimed = catalog->commit({}); !claimed) return std::unexpected(std::move(claimed).error());
  return catalog;
}

Result<std::unique_ptr<Catalog>> Catalog::open_once(const CatalogPlace& place, const CatalogOptions& options) {
  auto loaded = load_catalog(place.store, place.executor, place.database_folder, place.database,
                             {.parallel_reads = options.parallel_reads});
  if (!loaded) return std::unexpected(loaded.error().to_error());
  std::unique_ptr<Catalog> catalog(new Catalog(place, options, std::move(loaded->state)));
  catalog->passed_over_ = std::move(loaded->passed_over);
  {
    const MutexLock lock(catalog->mutex_);
    catalog->pressure_ = {loaded->transactions_read, loaded->transaction_bytes, loaded->checkpoint_bytes};
  }
  if (auto claimed = catalog->commit({}); !claimed) return std::unexpected(std::move(claimed).error());
  return catalog;
}

Result<std::unique_ptr<Catalog>> Catalog::open(CatalogPlace place, CatalogOptions options) {
  for (int i = 1;; ++i) {
    auto opened = open_once(place, options);
    if (opened || opened.error().code() != ErrorCode::kFailedPrecondition || i == kClaimTries) return opened;
  }
}

std::shared_ptr<const State> Catalog::state() const {
  const MutexLock lock(mutex_);
  return state_;
}

Result<> Catalog::check_usable() const {
  if (condition_ == CatalogCondition::kFenced) return fail(ErrorCode::kFailedPrecondition, detail_);
  if (condition_ == CatalogCondition::kStopped) return fail(ErrorCode::kShutdown, "the catalog was stopped");
  return {};
}

Error Catalog::fence(std::string why) {
  const MutexLock lock(mutex_);
  if (condition_ != CatalogCondition::kFenced) {
    condition_ = CatalogCondition::kFenced;
    detail_ = fmt::format(
        "another server works on {} ({}): only one may have this server id. Stop one of the two, then "
        "start this one again; nothing was changed here since",
        place_.database_folder.text(), why);
  }
  return Error(ErrorCode::kFailedPrecondition, detail_);
}

RecordHeader Catalog::own_header(RecordKind kind) const {
  RecordHeader header;
  header.kind = kind;
  header.written_at = place_.executor.clock().wall_now();
  header.database = place_.database;
  header.writer = writer_;
  return header;
}

Result<CommitReceipt> Catalog::commit(const Transaction& transaction) {
  const Turn turn(*this);
  if (!turn.usable()) return std::unexpected(turn.usable().error());
  return commit_in_turn(transaction);
}

Result<CommitReceipt> Catalog::commit_in_turn(const Transaction& transaction) {
  const std::shared_ptr<const State> before = state();
  StateEditor editor(before);
  MAGNETITE_RETURN_IF_ERROR(editor.apply(transaction));

  RecordHeader header = own_header(RecordKind::kTransaction);
  header.revision = is_new_ ? 0 : before->revision + 1;
  header.transaction = model::Uuid::random();
  header.previous = before->transaction;
  const std::vector<std::byte> bytes = encode(header, transaction);
  if (bytes.size() > kTransactionBytesMax)
    return fail(ErrorCode::kTooLarge,
                fmt::format("a transaction of {} bytes; the limit is {}", bytes.size(), kTransactionBytesMax));
  {
    const MutexLock lock(mutex_);
    for (const FilePointer& file : editor.added()) committing_.push_back(file->path);
  }
  CommitProtocol protocol;
  const Result<> settled = settle(protocol, header.revision, bytes);
  // What may have been committed stays protected for the rest of this catalog's life.
  if (!settled && protocol.unclear()) return std::unexpected(settled.error());
  if (!settled) {
    const MutexLock lock(mutex_);
    committing_.clear();
    return std::unexpected(settled.error());
  }
  is_new_ = false;
  CommitReceipt receipt;
  receipt.added = editor.added();
  const std::vector<FilePointer> removed = editor.removed();
  receipt.state = std::move(editor).finish(header.revision, header.transaction);
  publish(receipt.state, removed, bytes.size());
  receipt.checkpoint_due = checkpoint_due();
  return receipt;
}

void Catalog::publish(std::shared_ptr<const State> state, const std::vector<FilePointer>& removed, uint64_t bytes) {
  std::shared_ptr<const State> before;  // is destroyed without the lock
  const MutexLock lock(mutex_);
  before = std::exchange(state_, std::move(state));
  committing_.clear();
  std::erase_if(retired_, [](const Retired& each) { return each.file.expired(); });
  for (const FilePointer& file : removed) retired_.push_back({file->path, file});
  ++pressure_.transactions;
  pressure_.transaction_bytes += bytes;
}

// Returns once the transaction is committed; an error otherwise.
Result<> Catalog::settle(CommitProtocol& protocol, uint64_t revision, std::span<const std::byte> bytes) {
  using Step = CommitProtocol::Step;
  const ObjectPath object = transaction_path(place_.database_folder, revision);
  Duration wait = options_.retry_after;
  while (!protocol.ended()) {
    switch (protocol.step()) {
      case Step::kPut:
        MAGNETITE_CRASH_POINT("catalog.commit.before_put");
        protocol.put_answered(place_.store.put_if_absent(object, bytes));
        MAGNETITE_CRASH_POINT("catalog.commit.after_put");
        break;
      case Step::kReadBack:
        protocol.read_back_answered(place_.store.get(object).transform(
            [&](const object_store::Bytes& found) { return std::ranges::equal(found, bytes); }));
        break;
      default:
        protocol.owner_answered(
            list_catalog(place_.store, place_.database_folder).transform([&](const Listing& listing) {
              return goes_beyond(listing, revision);
            }));
        break;
    }
    if (protocol.ended() || !protocol.failed()) continue;
    {
      const MutexLock lock(mutex_);
      if (condition_ == CatalogCondition::kReady) condition_ = CatalogCondition::kUnresolved;
      detail_ = protocol.error()->message();
      ++failed_tries_;
    }
    MAGNETITE_RETURN_IF_ERROR(wait_to_retry(wait));
    wait = std::min(wait * 2, options_.retry_after_max);
  }
  {
    const MutexLock lock(mutex_);
    if (condition_ == CatalogCondition::kUnresolved) {
      condition_ = CatalogCondition::kReady;
      detail_.clear();
    }
    failed_tries_ = 0;
  }
  if (protocol.step() == Step::kFenced)
    return std::unexpected(fence(fmt::format("revision {} or a later one is not ours", revision)));
  if (protocol.step() == Step::kNotCommitted)
    return std::unexpected(Error(*protocol.error()).with_context("commit to the catalog"));
  MAGNETITE_CRASH_POINT("catalog.commit.certain");
  return {};
}

Result<> Catalog::wait_to_retry(Duration wait) {
  const MonoTime deadline = place_.executor.clock().mono_now() + wait;
  const MutexLock lock(mutex_);
  while (place_.executor.clock().mono_now() < deadline) {
    if (condition_ == CatalogCondition::kStopped) break;
    changed_.wait_until(mutex_, deadline, WaitReason::kTimer);
  }
  if (condition_ != CatalogCondition::kStopped) return {};
  return fail(ErrorCode::kShutdown, "the catalog was stopped while the outcome of a commit was unclear");
}

Result<> Catalog::check_owner() {
  const Turn turn(*this);
  if (!turn.usable()) return std::unexpected(turn.usable().error());
  const uint64_t next = state()->revision + 1;
  MAGNETITE_TRY(const Listing listing, list_catalog(place_.store, place_.database_folder));
  if (std::ranges::contains(listing.transactions, next) || goes_beyond(listing, next))
    return std::unexpected(fence(fmt::format("revision {} is not ours", next)));
  return {};
}

bool Catalog::checkpoint_due() const {
  const MutexLock lock(mutex_);
  return catalog::checkpoint_due(pressure_, options_.transactions_until_checkpoint);
}

Result<> Catalog::write_checkpoint() {
  const Turn turn(*this);
  if (!turn.usable()) return std::unexpected(turn.usable().error());
  const std::shared_ptr<const State> now = state();
  const std::vector<std::byte> bytes = encode(own_header(RecordKind::kCheckpoint), *now);
  const auto put = place_.store.put_if_absent(checkpoint_path(place_.database_folder, now->revision), bytes);
  // Only the writer of a revision makes its checkpoint: one that is there is an earlier try of ours.
  if (!put && put.error().code() != ErrorCode::kAlreadyExists)
    return std::unexpected(Error(put.error()).with_context("write a checkpoint of the catalog"));
  MAGNETITE_CRASH_POINT("catalog.checkpoint.after_put");
  {
    const MutexLock lock(mutex_);
    pressure_ = {};
    pressure_.checkpoint_bytes = bytes.size();
  }
  return prune_in_turn();
}

Result<> Catalog::prune() {
  const Turn turn(*this);
  if (!turn.usable()) return std::unexpected(turn.usable().error());
  return prune_in_turn();
}

Result<> Catalog::prune_in_turn() {
  const ObjectPath& folder = place_.database_folder;
  MAGNETITE_TRY(const Listing listing, list_catalog(place_.store, folder));
  if (listing.checkpoints.size() < 2) return {};
  const uint64_t kept = listing.checkpoints[listing.checkpoints.size() - 2];
  // Oldest first: whatever a crash leaves is a shorter history, and the next pruning finds the rest.
  for (const uint64_t revision : listing.transactions) {
    if (revision > kept) break;
    MAGNETITE_RETURN_IF_ERROR(place_.store.remove(transaction_path(folder, revision)));
    MAGNETITE_CRASH_POINT("catalog.prune.transaction");
  }
  for (const uint64_t revision : listing.checkpoints) {
    if (revision >= kept) break;
    MAGNETITE_RETURN_IF_ERROR(place_.store.remove(checkpoint_path(folder, revision)));
    MAGNETITE_CRASH_POINT("catalog.prune.checkpoint");
  }
  return {};
}

FileReservation Catalog::reserve(std::string file_path) {
  const MutexLock lock(mutex_);
  reserved_.insert(file_path);
  return {this, std::move(file_path)};
}

Catalog::InUse Catalog::in_use() const {
  const MutexLock lock(mutex_);
  InUse in_use{state_, {reserved_.begin(), reserved_.end()}};
  in_use.other_paths.insert(in_use.other_paths.end(), committing_.begin(), committing_.end());
  for (const Retired& each : retired_)
    if (!each.file.expired()) in_use.other_paths.push_back(each.path);
  return in_use;
}

void Catalog::stop() {
  const MutexLock lock(mutex_);
  if (condition_ != CatalogCondition::kFenced) condition_ = CatalogCondition::kStopped;
  changed_.notify_all();
}

CatalogStatus Catalog::status() const {
  const MutexLock lock(mutex_);
  return {condition_, state_->revision, failed_tries_, detail_};
}

}  // namespace magnetite::catalog
