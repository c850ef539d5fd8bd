// What committer and readers share: which segments there are and how far their data may be read.
#pragma once

#include <algorithm>
#include <map>
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
    uint64_t end = 0;      // readable data ends here
    bool sealed = false;   // and will not grow
    uint64_t file_bytes = 0;
    std::vector<uint64_t> first_numbers;  // by sequencer
  };

  void add_segment(uint64_t number, Segment segment) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (!segments_.empty()) segments_.rbegin()->second.sealed = true;
    segments_.emplace(number, std::move(segment));
    changed_.notify_all();
  }
  void publish(uint64_t end, const std::vector<uint64_t>& next_numbers) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    segments_.rbegin()->second.end = end;
    next_numbers_ = next_numbers;
    changed_.notify_all();
  }
  // Removes the first segment; false when it is the only one.
  bool drop_first() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (segments_.size() < 2) return false;
    segments_.erase(segments_.begin());
    return true;
  }
  std::map<uint64_t, Segment> segments() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return segments_;
  }
  uint64_t next_number(size_t sequencer) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return next_numbers_[sequencer];
  }
  uint64_t first_number(size_t sequencer) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return segments_.begin()->second.first_numbers[sequencer];
  }

  struct Place {
    uint64_t segment = 0;
    uint64_t offset = 0;
  };
  // Moves `place` to where a batch can be read, going on to the next segment at the end of a sealed one; waits until
  // the deadline when there is none yet.
  bool wait_for_data(Place& place, uint64_t data_offset, MonoTime deadline) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    place.offset = std::max(place.offset, data_offset);
    while (true) {
      auto at = segments_.lower_bound(place.segment);
      if (at != segments_.end()) {
        if (at->first != place.segment) place = {at->first, data_offset};  // what was there is trimmed
        if (place.offset < at->second.end) return true;
        if (at->second.sealed) {
          place = {at->first + 1, data_offset};
          continue;
        }
      }
      if (changed_.wait_until(mutex_, deadline, WaitReason::kData) == WaitOutcome::kDeadline) return false;
    }
  }

 private:
  mutable Mutex mutex_;
  Signal changed_;
  std::map<uint64_t, Segment> segments_ GUARDED_BY(mutex_);
  std::vector<uint64_t> next_numbers_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::write_buffer
