// What the policy sees. The caller fills these under its own locks; the policy never looks anything up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/ids.h"
#include "model/time_range.h"

namespace magnetite::lifecycle {

enum class Stage : uint8_t {
  kOpen,
  kClosed,     // columns that grow no more
  kInMemory,   // an image, not persisted
  kPersisted,  // an image in memory and in the store
  kUnloaded,   // in the store only
};

enum class Activity : uint8_t { kNone, kMoving, kCompacting, kPersisting };

struct ChunkView {
  model::ChunkId id;
  model::ChunkOrder order;
  Stage stage = Stage::kOpen;
  Activity activity = Activity::kNone;
  uint64_t rows = 0;
  uint64_t memory_bytes = 0;  // that go when it is unloaded or dropped
  model::TimeRange times = model::TimeRange::none();
  WallTime last_write;  // 0 = unknown
  WallTime last_use;    // by a query or, before the first one, by its creation

  bool persisted() const { return stage == Stage::kPersisted || stage == Stage::kUnloaded; }
  bool columns() const { return stage == Stage::kOpen || stage == Stage::kClosed; }
  bool idle() const { return activity == Activity::kNone; }
};

// The partition's persistence windows, rotated to now.
struct UnpersistedView {
  struct Window {
    WallTime created_at;
    uint64_t rows = 0;
    model::TimeRange times = model::TimeRange::none();
  };
  std::optional<Window> persistable;
  std::optional<Window> deferred;     // rows dated later than the flush that left them
  std::optional<WallTime> oldest;     // creation of the oldest window of all
  std::optional<WallTime> next_aged;  // creation of the oldest that is neither persistable nor deferred
  bool flushing = false;
};

// Of one kind of job in one partition.
struct Attempts {
  uint32_t failures = 0;  // in a row
  MonoTime last_ended;
};

struct PartitionView {
  std::string table;
  std::string partition_key;
  std::vector<ChunkView> chunks;  // by ascending order
  UnpersistedView unpersisted;
  WallTime last_write;
  MonoTime last_served;  // when a job of it started; 0 = never
  Attempts compactions;
  Attempts persists;
  Attempts file_compactions;
};

// Wall clock for what came from the log, monotonic clock for what this process did.
struct Now {
  WallTime wall;
  MonoTime mono;
};

// The pause after a job that failed, from its end.
inline constexpr Duration kRetryMin = std::chrono::seconds(1);
inline constexpr Duration kRetryMax = std::chrono::minutes(5);
MonoTime retry_at(const Attempts& attempts);  // {INT64_MIN} when nothing failed

// Never negative: clocks jump.
Duration elapsed(WallTime since, WallTime now);

}  // namespace magnetite::lifecycle
