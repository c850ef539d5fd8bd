// One chunk of a partition: what holds its rows and what is being done with it. One function per edge; stages only move
// forward, and at most one action runs at a time.
//
//   Open --close--> Closed --moved--> InMemory --persisted--> Persisted --unload--> Unloaded
//
// Compaction and persistence do not change their sources: they make new chunks and remove the sources in one step.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "chunk/image.h"
#include "chunk/open_chunk.h"
#include "chunk/stored_image.h"
#include "model/ids.h"
#include "query/table_snapshot.h"

namespace magnetite::database {

enum class LifecycleAction : uint8_t { kNone, kMoving, kPersisting, kCompacting, kDropping };
std::string_view to_string(LifecycleAction action);  // "Moving to the Read Buffer", ...; "None"

// When rows came and stopped coming; 0 = unknown (loaded from the store) or not yet.
struct ChunkTimes {
  WallTime first_write;
  WallTime last_write;
  WallTime closed;
};

// What is known of a persisted chunk without reading it.
struct StoredFacts {
  std::string name;                 // of the file, as the catalog has it
  std::shared_ptr<const void> pin;  // keeps the object from being cleaned up
  uint64_t bytes = 0;
  uint64_t rows = 0;
  model::TimeRange times = model::TimeRange::none();
};

// A copyable value; not thread-safe (Partition guards it). Every edge either happens or returns kFailedPrecondition,
// whose text names the chunk, the operation, what it needs and what it found, and changes nothing.
class StagedChunk {
 public:
  struct Open {
    std::shared_ptr<chunk::OpenChunk> rows;
  };
  struct Closed {
    std::shared_ptr<chunk::OpenChunk> rows;
    chunk::OpenSnapshot snapshot;
  };
  struct InMemory {
    std::shared_ptr<const chunk::Image> image;
  };
  struct Persisted {
    std::shared_ptr<const chunk::Image> image;  // over bytes in memory
    StoredFacts stored;
  };
  struct Unloaded {
    std::shared_ptr<const chunk::StoredImage> image;
    StoredFacts stored;
  };
  using Stage = std::variant<Open, Closed, InMemory, Persisted, Unloaded>;

  StagedChunk(model::ChunkAddress address, model::ChunkOrder order, Stage stage, ChunkTimes times = {})
      : address_(std::move(address)), order_(order), stage_(std::move(stage)), times_(times) {}

  Result<> close(WallTime now);  // a closed or in-memory one stays as it is
  // Closes an open chunk on the way.
  Result<> begin(LifecycleAction action, WallTime now);
  // The action ended without a result, or its result replaced others than this chunk.
  Result<> end(LifecycleAction action);
  Result<> moved(std::shared_ptr<const chunk::Image> image);  // ends kMoving
  Result<> unload(std::shared_ptr<const chunk::StoredImage> image);
  Result<> load(std::shared_ptr<const chunk::Image> in_memory);  // undoes an unload
  Result<> check_drop() const;
  // Rows of this entry are in it. Entries of a partition all come from one sequencer.
  void applied(model::Sequence entry) { last_entry_ = std::max(last_entry_.value_or(entry), entry); }
  std::optional<model::Sequence> last_entry() const { return last_entry_; }
  // A query reads it. Copies of the chunk remember it together.
  void use(WallTime now) const { last_use_->store(now.nanos, std::memory_order_relaxed); }

  const model::ChunkAddress& address() const { return address_; }
  model::ChunkId id() const { return address_.chunk; }
  model::ChunkOrder order() const { return order_; }
  const Stage& stage() const { return stage_; }
  LifecycleAction action() const { return action_; }
  ChunkTimes times() const;
  WallTime last_use() const;  // by a query or, before the first one, by its creation
  query::ChunkStorage storage() const;
  bool unpersisted() const;
  uint64_t rows() const;
  uint64_t memory_bytes() const;  // without dictionaries and caches
  model::TimeRange row_times() const;
  const StoredFacts* stored() const;  // nullptr while unpersisted

 private:
  Error wrong_stage(std::string_view operation, std::string_view expected) const;

  model::ChunkAddress address_;
  model::ChunkOrder order_;
  Stage stage_;
  ChunkTimes times_;
  LifecycleAction action_ = LifecycleAction::kNone;
  std::optional<model::Sequence> last_entry_;
  std::shared_ptr<std::atomic<int64_t>> last_use_ = std::make_shared<std::atomic<int64_t>>(0);
};

}  // namespace magnetite::database
