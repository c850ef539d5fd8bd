// What a database keeps durable beside its log, as jobs see it: which files count, and how far the log is persisted.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "database/new_file.h"
#include "persistence/checkpoint.h"

namespace magnetite::database {

class Partition;

// One durable step of one partition. Changes take turns, and both functions run within the turn: cuts then never
// contradict each other, whatever order jobs end in.
struct PersistedChange {
  const Partition* partition = nullptr;
  const NewFile* added = nullptr;
  std::vector<std::string> removed;  // names of files that no longer count
  const persistence::PartitionCheckpoint* partition_checkpoint = nullptr;
  std::function<persistence::DatabaseCheckpoint()> cut;  // as it holds once the change is made; may be empty
  // The change is durable: make it seen. `pin` keeps the added file from being cleaned up.
  std::function<void(std::shared_ptr<const void> pin)> publish;
};

// The name of a file that is not in the catalog yet; while this lives, nobody cleans it up.
class FileName {
 public:
  virtual ~FileName() = default;
  virtual const std::string& text() const = 0;
};

// Thread-safe.
class PersistedState {
 public:
  virtual ~PersistedState() = default;
  virtual std::unique_ptr<FileName> new_file(const model::ChunkAddress& address) = 0;
  // All of it or nothing, durable when it returns; while the store does not tell which, it waits.
  virtual Result<> commit(const PersistedChange& change) = 0;
};

}  // namespace magnetite::database
