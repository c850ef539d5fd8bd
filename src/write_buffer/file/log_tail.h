// What committer and readers share: which segments there are and how far their data may be read.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "model/ids.h"

namespace magnetite::write_buffer {

// Thread-safe.
class LogTail {
 public:
  explicit LogTail(Executor& executor) : changed_(executor) {}

  struct Segment {
    uint64_t end = 0;     // readable data ends here
    bool sealed = false;  // and will not grow
    uint64_t file_bytes = 0;
    std::vector<uint64_t> first_numbers;  // by sequencer
  };
  struct Place {
    uint64_t segment = 0;
    uint64_t offset = 0;
  };
  using Numbers = std::map<model::SequencerId, model::SequenceNumber>;

  // Seals the one before, where its end stands.
  void add_segment(uint64_t number, Segment segment, const std::vector<uint64_t>& next_numbers) EXCLUDES(mutex_);
  void publish(uint64_t end, const std::vector<uint64_t>& next_numbers) EXCLUDES(mutex_);

  // Forgets the first segment if every record in it is below `first_needed` and it is not the last.
  std::optional<std::pair<uint64_t, Segment>> drop_first_below(const Numbers& first_needed) EXCLUDES(mutex_);

  bool holds(uint64_t segment) const EXCLUDES(mutex_);
  uint64_t file_bytes() const EXCLUDES(mutex_);  // of all segments
  uint64_t next_number(size_t sequencer) const EXCLUDES(mutex_);
  uint64_t first_number(size_t sequencer) const EXCLUDES(mutex_);

  // The last segment that may hold `number` or a smaller one.
  Place place_of(size_t sequencer, uint64_t number) const EXCLUDES(mutex_);
  // Moves `place` to where a batch can be read, going on to the next segment at the end of a sealed one, and returns
  // the end of readable data there; nullopt when there is nothing at the deadline.
  std::optional<uint64_t> wait_for_data(Place& place, MonoTime deadline) EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  Signal changed_;
  std::map<uint64_t, Segment> segments_ GUARDED_BY(mutex_);
  std::vector<uint64_t> next_numbers_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::write_buffer
