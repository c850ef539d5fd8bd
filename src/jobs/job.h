// One piece of background work as people see it: what it works on, how far it is, what became of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "model/ids.h"

namespace magnetite::jobs {

using JobId = Id<struct JobIdTag, uint64_t>;  // from 0, per server

enum class JobKind : uint8_t {
  kDummy,
  kCloseChunk,
  kCompactChunks,
  kPersistChunks,
  kCompactFiles,
  kCleanUp,
  kRebuildCatalog,
  kVerifyCatalog,
  kWipeCatalog,
  kPurgeDatabase,
};
std::string_view description(JobKind kind);  // as system.operations shows it

struct JobSubject {
  std::string database;
  std::string table;
  std::string partition_key;
  std::vector<model::ChunkId> chunks;
  std::vector<uint64_t> nap_nanos = {};  // of a dummy
};

enum class JobState : uint8_t { kWaiting, kRunning, kSucceeded, kFailed, kCancelled };
std::string_view to_string(JobState state);

struct JobStatus {
  JobId id;
  JobKind kind = JobKind::kDummy;
  JobSubject subject;
  JobState state = JobState::kWaiting;
  std::string error;   // of a failed one
  std::string report;  // what it has to say to people, once it has ended
  bool cancel_asked = false;
  uint64_t rows_done = 0;
  uint64_t rows_total = 0;  // 0 = unknown
  uint64_t bytes_done = 0;  // written
  Duration cpu{};           // of the thread it runs on; final once it has ended
  Duration wall{};          // from its registration
  WallTime created;

  bool ended() const { return state != JobState::kWaiting && state != JobState::kRunning; }
};

// What the body of a job holds. Thread-safe; the counters are for one writer.
class JobControl {
 public:
  void expect_rows(uint64_t rows) { rows_total_.store(rows, std::memory_order_relaxed); }
  void advance(uint64_t rows, uint64_t bytes) {
    rows_done_.fetch_add(rows, std::memory_order_relaxed);
    bytes_done_.fetch_add(bytes, std::memory_order_relaxed);
  }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  // For whoever reads of it once it has ended; the last one counts.
  void report(std::string text) { report_ = std::move(text); }
  // kCancelled once somebody asked; bodies ask between pieces of work.
  Result<> check() const;

 private:
  friend class JobRegistry;
  std::atomic<uint64_t> rows_total_ = 0;
  std::atomic<uint64_t> rows_done_ = 0;
  std::atomic<uint64_t> bytes_done_ = 0;
  std::atomic<bool> cancelled_ = false;
  std::string report_;  // of the body's thread until it has ended
};

}  // namespace magnetite::jobs
