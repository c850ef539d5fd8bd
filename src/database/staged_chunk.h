// One chunk of a partition: what holds its rows and what is being done with it. One function per edge; stages only move
// forward, and at most one action runs at a time.
//
//   Open --close--> Closed --moved--> InMemory --persisted--> Persisted --unload--> Unloaded
//
// Compaction and persistence do not change their sources: they make new chunks and remove the sources in one step.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "chunk/image.h"
#include "chunk/open_chunk.h"
#include "model/ids.h"
#include "query/table_snapshot.h"

namespace magnetite::database {

enum class LifecycleAction : uint8_t { kNone, kMoving, kPersisting, kCompacting };
std::string_view to_string(LifecycleAction action);  // "Moving to the Read Buffer", ...; "None"

// When rows came and stopped coming; 0 = unknown (loaded from the store) or not yet.
struct ChunkTimes {
  WallTime first_write;
  WallTime last_write;
  WallTime closed;
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
    std::string object;                         // its path in the store
  };
  struct Unloaded {
    std::shared_ptr<const chunk::Image> image;  // reads the store
    std::string object;
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
  Result<> unload(std::shared_ptr<const chunk::Image> from_store);
  // Also after an unload: the bytes are in memory again.
  Result<> cache(std::shared_ptr<const chunk::Image> in_memory);
  Result<> check_drop() const;

  const model::ChunkAddress& address() const { return address_; }
  model::ChunkId id() const { return address_.chunk; }
  model::ChunkOrder order() const { return order_; }
  const Stage& stage() const { return stage_; }
  LifecycleAction action() const { return action_; }
  ChunkTimes times() const;
  query::ChunkStorage storage() const;
  bool unpersisted() const;
  uint64_t rows() const;
  uint64_t memory_bytes() const;  // without the dictionary
  model::TimeRange row_times() const;
  // Rows of closed and later stages; nullptr while open or closed.
  std::shared_ptr<const chunk::Image> image() const;
  std::string_view object() const;  // empty while it has none

 private:
  Error wrong_stage(std::string_view operation, std::string_view expected) const;

  model::ChunkAddress address_;
  model::ChunkOrder order_;
  Stage stage_;
  ChunkTimes times_;
  LifecycleAction action_ = LifecycleAction::kNone;
};

}  // namespace magnetite::database
