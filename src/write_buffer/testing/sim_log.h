// For tests of the file log: a log on a simulated disk, work for it, and a ledger of what it promised.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/sim/sim_disk.h"
#include "base/sim/sim_executor.h"
#include "write_buffer/file/file_log.h"

namespace magnetite::write_buffer::testing {

// Every append ever tried, in order, and its outcome. Payloads are unique.
class Ledger {
 public:
  enum class State : uint8_t {
    kStored,
    kNotStored,  // surely
    kOpen,       // may appear, at its position only
    kTrimmed,    // was stored, need not be there any more
  };
  struct Attempt {
    std::string payload;
    State state = State::kOpen;
    uint64_t number = 0;  // of a stored one
  };
  using Attempts = std::vector<Attempt>;

  size_t add(model::SequencerId sequencer, std::string payload);
  void settle(model::SequencerId sequencer, size_t attempt, const std::optional<Result<StoredAt>>& outcome);
  void trim(model::SequencerId sequencer, uint64_t below);
  void stored_may_be_lost();  // a power cut in a mode that does not sync before it answers
  size_t count(State state) const;

  // The first broken promise, or "".
  std::string judge(model::SequencerId sequencer, const std::vector<SequencedRecord>& records) const;

 private:
  std::map<model::SequencerId, Attempts> attempts_;
};

// Everything but the constructor, run() and the members is called inside run().
class World {
 public:
  static constexpr uint32_t kSequencers = 2;
  static constexpr const char* kFolder = "log";
  static constexpr uint64_t kSegmentBytes = 6 * 4096;  // a header, four blocks of records, one for a last empty batch

  explicit World(uint64_t seed = 1, SyncMode sync = {}) : executor(seed), disk(&executor, seed), sync_(sync) {}

  void run(std::function<void()> main) { executor.run(std::move(main)); }

  Result<> open();
  void close() { log.reset(); }
  // Appends to the sequencers in turn, waits for all, and keeps the ledger; the last outcome.
  Result<> write(const std::vector<size_t>& payload_bytes);
  void trim();
  std::vector<SequencedRecord> read(model::SequencerId sequencer);
  std::string judge();  // of everything that can be read
  // A bit of everything: groups, large and small records, idle times, trimming, a clean restart. Goes on after errors.
  void work();

  sim::SimExecutor executor;
  sim::SimDisk disk;
  Ledger ledger;
  std::unique_ptr<FileLog> log;

 private:
  const SyncMode sync_;
  uint32_t appends_ = 0;
};

}  // namespace magnetite::write_buffer::testing
