// Reads a log that others write, for as long as the database is open: one lane a sequencer, side by side. Entries of a
// sequencer are applied in order, each once; those that cannot be read or do not fit are counted, logged and passed
// over. A lane that finds the log to be another, or records lost, stands still until an operator decides.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "database/apply_gates.h"
#include "database/record_player.h"
#include "database/sequencer_status.h"
#include "write_buffer/log.h"

namespace magnetite::database {

struct IngestParts {
  Executor& executor;
  const PlayerParts& player;
  ApplyGates& gates;
  // By position among the sequencers that the log had when it was opened.
  std::vector<Mutex*> sequencer_gates;
  write_buffer::Log log;
  const persistence::ReplayPlan& plan;
  // An error while there is no room for so many bytes: the entry waits.
  std::function<Result<>(uint64_t bytes)> admit;
};

// Thread-safe.
class Ingest {
 public:
  explicit Ingest(IngestParts parts);
  ~Ingest();  // stop()

  // Goes on where `reader` stands; once.
  void start(std::unique_ptr<write_buffer::Reader> reader);
  void stop();

  std::vector<IngestStatus> status() const EXCLUDES(mutex_);
  std::string problem() const EXCLUDES(mutex_);  // of the log as a whole: no reader can be made

 private:
  struct Lane;
  class LaneRun;

  void supervise(std::unique_ptr<write_buffer::Reader> reader);
  Result<std::unique_ptr<write_buffer::Reader>> make_reader();
  // Until stop() or until a lane wants another reader.
  void run_lanes(write_buffer::Reader& reader) EXCLUDES(mutex_);
  void look_up_watermarks(write_buffer::Reader& reader) EXCLUDES(mutex_);
  Lane& lane_of(model::SequencerId sequencer) EXCLUDES(mutex_);
  bool wait_for(Duration at_most) EXCLUDES(mutex_);  // false = stopped

  const IngestParts parts_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> rebuild_ = false;
  mutable Mutex mutex_;
  Signal changed_;
  std::map<model::SequencerId, std::unique_ptr<Lane>> lanes_ GUARDED_BY(mutex_);
  std::string problem_ GUARDED_BY(mutex_);
  Task supervisor_;
};

}  // namespace magnetite::database
