// Reads a catalog: the newest checkpoint that can be read, then the transactions after it. Changes nothing, whatever it
// finds; what cannot be read is named, with what to do.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "catalog/layout.h"
#include "catalog/record.h"
#include "catalog/state.h"

namespace magnetite::catalog {

enum class ProblemKind : uint8_t {
  kNoCatalog,       // nothing is there
  kStore,           // the store failed; the load can be repeated
  kDamaged,         // bytes are not what was written
  kUnknownVersion,  // written by a newer program
  kWrongPlace,      // intact, but of another kind, revision or database than its path says
  kMissing,         // a revision between the first needed and the last is not there
  kBrokenLink,      // does not follow the transaction before it
  kContradiction,   // intact, but does not fit the state before it
};
std::string_view to_string(ProblemKind kind);

struct Problem {
  ProblemKind kind = ProblemKind::kStore;
  ErrorCode code = ErrorCode::kUnavailable;
  std::string object;  // its path's text
  std::string what;

  std::string text() const;
  // Says what to do. kNotFound, kUnavailable and the like of the store, kFailedPrecondition (unknown version), else
  // kCorruption: the database stays closed, and nothing of it is changed.
  Error to_error() const;
};

// Checks one object's bytes against its place.
std::expected<RecordHeader, Problem> check_record(std::span<const std::byte> bytes, const ObjectPath& object,
                                                  RecordKind kind, uint64_t revision, const model::Uuid& database);

struct LoadedCatalog {
  std::shared_ptr<const State> state;
  std::vector<Problem> passed_over;  // unreadable checkpoints with an older one in their place
  uint64_t checkpoint_bytes = 0;     // 0: there is none
  uint64_t transactions_read = 0;    // after the checkpoint
  uint64_t transaction_bytes = 0;
};

struct LoadOptions {
  size_t parallel_reads = 8;
};

std::expected<LoadedCatalog, Problem> load_catalog(object_store::ObjectStore& store, Executor& executor,
                                                   const ObjectPath& database_folder, const model::Uuid& database,
                                                   const LoadOptions& options = {});

// The state before any transaction.
std::shared_ptr<const State> empty_state(const model::Uuid& database);

}  // namespace magnetite::catalog
