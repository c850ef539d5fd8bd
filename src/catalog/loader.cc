#include "catalog/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <ranges>

#include "base/mutex.h"

namespace magnetite::catalog {
namespace {

using object_store::Bytes;
using object_store::ObjectStore;
template <class T>
using Found = std::expected<T, Problem>;

// Another process may prune what a listing showed; a fresh listing settles it.
constexpr int kTries = 3;

std::unexpected<Problem> problem(ProblemKind kind, const ObjectPath& object, std::string what) {
  const ErrorCode code = kind == ProblemKind::kNoCatalog        ? ErrorCode::kNotFound
                         : kind == ProblemKind::kUnknownVersion ? ErrorCode::kFailedPrecondition
                                                                : ErrorCode::kCorruption;
  return std::unexpected(Problem{kind, code, object.text(), std::move(what)});
}

std::unexpected<Problem> store_problem(const ObjectPath& object, const Error& error) {
  if (error.code() == ErrorCode::kNotFound) return problem(ProblemKind::kMissing, object, "the object is not there");
  return std::unexpected(Problem{ProblemKind::kStore, error.code(), object.text(), error.message()});
}

Found<Bytes> read(ObjectStore& store, const ObjectPath& object) {
  auto bytes = store.get(object);
  if (!bytes) return store_problem(object, bytes.error());
  return *std::move(bytes);
}

// Gets objects [first, first + paths.size()) with several reads at a time, in the order of `paths`.
std::vector<Result<Bytes>> read_all(ObjectStore& store, Executor& executor, const std::vector<ObjectPath>& paths,
                                    size_t parallel_reads) {
  std::vector<Result<Bytes>> results(paths.size());
  Mutex mutex;
  size_t next = 0;
  const auto work = [&] {
    for (;;) {
      size_t index = 0;
      {
        const MutexLock lock(mutex);
        if (next == paths.size()) return;
        index = next++;
      }
      results[index] = store.get(paths[index]);
    }
  };
  std::vector<Task> tasks;
  for (size_t i = 1; i < std::min(parallel_reads, paths.size()); ++i)
    tasks.push_back(executor.spawn("catalog.load", work));
  work();
  for (Task& task : tasks) task.join();
  return results;
}

struct Load {
  ObjectStore& store;
  Executor& executor;
  const ObjectPath& folder;
  const model::Uuid& database;
  const LoadOptions& options;
  LoadedCatalog loaded = {};

  Found<std::shared_ptr<const State>> read_checkpoint(uint64_t revision) {
    const ObjectPath object = checkpoint_path(folder, revision);
    auto bytes = read(store, object);
    if (!bytes) return std::unexpected(std::move(bytes).error());
    auto header = check_record(*bytes, object, RecordKind::kCheckpoint, revision, database);
    if (!header) return std::unexpected(std::move(header).error());
    auto state = decode_checkpoint(*bytes);
    if (!state) return problem(ProblemKind::kDamaged, object, state.error().message());
    loaded.checkpoint_bytes = bytes->size();
    return *std::move(state);
  }

  // The newest checkpoint that can be read. Without any, a history that begins with the first transaction will do.
  Found<std::shared_ptr<const State>> find_start(const Listing& listing) {
    for (const uint64_t revision : listing.checkpoints | std::views::reverse) {
      auto state = read_checkpoint(revision);
      if (state) return *std::move(state);
      // A store that fails now may answer later, and another version must not be taken for damage.
      if (state.error().kind == ProblemKind::kStore || state.error().kind == ProblemKind::kUnknownVersion)
        return std::unexpected(std::move(state).error());
      loaded.passed_over.push_back(std::move(state).error());
    }
    if (!listing.transactions.empty() && listing.transactions.front() == 0) return nullptr;
    if (!loaded.passed_over.empty()) return std::unexpected(loaded.passed_over.front());
    return problem(ProblemKind::kMissing, transaction_path(folder, 0),
                   "there is neither a checkpoint nor the first transaction");
  }

  Found<bool> apply(StateEditor& editor, const ObjectPath& object, const Bytes& bytes, uint64_t revision,
                    model::Uuid& last) {
    auto header = check_record(bytes, object, RecordKind::kTransaction, revision, database);
    if (!header) return std::unexpected(std::move(header).error());
    if (header->previous != last)
      return problem(
          ProblemKind::kBrokenLink, object,
          fmt::format("it follows transaction {}, but the one before is {}", header->previous.text(), last.text()));
    auto transaction = decode_transaction(bytes);
    if (!transaction) return problem(ProblemKind::kDamaged, object, transaction.error().message());
    if (auto applied = editor.apply(*transaction); !applied)
      return problem(ProblemKind::kContradiction, object, applied.error().message());
    last = header->transaction;
    return true;
  }

  Found<bool> apply_deltas(const Listing& listing, std::shared_ptr<const State> start) {
    const uint64_t first = start ? start->revision + 1 : 0;
    uint64_t end = first;  // one after the last
    if (!listing.transactions.empty()) end = std::max(end, listing.transactions.back() + 1);
    if (!listing.checkpoints.empty()) end = std::max(end, listing.checkpoints.back() + 1);
    auto listed = std::ranges::lower_bound(listing.transactions, first);
    std::vector<ObjectPath> paths;
    for (uint64_t revision = first; revision != end; ++revision, ++listed) {
      if (listed == listing.transactions.end() || *listed != revision)
        return problem(ProblemKind::kMissing, transaction_path(folder, revision), "the transaction is not there");
      paths.push_back(transaction_path(folder, revision));
    }
    const auto results = read_all(store, executor, paths, options.parallel_reads);

    if (!start) start = empty_state(database);
    model::Uuid last = start->transaction;
    StateEditor editor(start);
    for (size_t i = 0; i < paths.size(); ++i) {
      if (!results[i]) return store_problem(paths[i], results[i].error());
      auto applied = apply(editor, paths[i], *results[i], first + i, last);
      if (!applied) return applied;
      loaded.transaction_bytes += results[i]->size();
    }
    loaded.transactions_read = paths.size();
    loaded.state = paths.empty() ? std::move(start) : std::move(editor).finish(end - 1, last);
    return true;
  }

  Found<bool> run() {
    loaded = {};
    auto listing = list_catalog(store, folder);
    if (!listing) return store_problem(folder, listing.error());
    if (listing->empty()) return problem(ProblemKind::kNoCatalog, folder, "there is no catalog");
    auto start = find_start(*listing);
    if (!start) return std::unexpected(std::move(start).error());
    return apply_deltas(*listing, *std::move(start));
  }
};

}  // namespace

std::string_view to_string(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::kNoCatalog:
      return "no catalog";
    case ProblemKind::kStore:
      return "store";
    case ProblemKind::kDamaged:
      return "damaged";
    case ProblemKind::kUnknownVersion:
      return "unknown version";
    case ProblemKind::kWrongPlace:
      return "wrong place";
    case ProblemKind::kMissing:
      return "missing";
    case ProblemKind::kBrokenLink:
      return "broken link";
    case ProblemKind::kContradiction:
      return "contradiction";
  }
  return "unknown";
}

std::string Problem::text() const { return fmt::format("{}: {}: {}", object, to_string(kind), what); }

Error Problem::to_error() const {
  switch (kind) {
    case ProblemKind::kNoCatalog:
    case ProblemKind::kStore:
      return Error(code, fmt::format("catalog object {}: {}", object, what));
    case ProblemKind::kUnknownVersion:
      return Error(
          code, fmt::format("catalog object {}: {}; start the newer program again, nothing was changed", object, what));
    default:
      break;
  }
  return Error(code, fmt::format("catalog object {}: {} ({}). The database stays closed and nothing of it was changed: "
                                 "restore this object, or look with 'magnetite catalog verify' and make the catalog "
                                 "anew from its files with 'magnetite catalog rebuild'",
                                 object, what, to_string(kind)));
}

std::expected<RecordHeader, Problem> check_record(std::span<const std::byte> bytes, const ObjectPath& object,
                                                  RecordKind kind, uint64_t revision, const model::Uuid& database) {
  auto header = decode_header(bytes);
  if (!header)
    return problem(
        header.error().code() == ErrorCode::kFailedPrecondition ? ProblemKind::kUnknownVersion : ProblemKind::kDamaged,
        object, header.error().message());
  if (header->kind != kind) return problem(ProblemKind::kWrongPlace, object, "it is of the other kind");
  if (header->revision != revision)
    return problem(ProblemKind::kWrongPlace, object, fmt::format("it is revision {}", header->revision));
  if (header->database != database)
    return problem(ProblemKind::kWrongPlace, object, fmt::format("it belongs to database {}", header->database.text()));
  return *header;
}

std::shared_ptr<const State> empty_state(const model::Uuid& database) {
  auto state = std::make_shared<State>();
  state->database = database;
  return state;
}

std::expected<LoadedCatalog, Problem> load_catalog(ObjectStore& store, Executor& executor,
                                                   const ObjectPath& database_folder, const model::Uuid& database,
                                                   const LoadOptions& options) {
  Load load{store, executor, database_folder, database, options};
  for (int i = 1;; ++i) {
    auto done = load.run();
    if (done) return std::move(load.loaded);
    if (done.error().kind != ProblemKind::kMissing || i == kTries) return std::unexpected(std::move(done).error());
  }
}

}  // namespace magnetite::catalog
