// Files for coming segments: trimmed ones as they are, or zero-filled ones, made in the background where possible.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/executor.h"
#include "base/mutex.h"

namespace magnetite::write_buffer {

// take() and prepare_ahead() are the committer's; the others may run beside them, from one thread at a time.
class SegmentSupply {
 public:
  // A pause of trimming and a burst after it; not a log's worth of idle space.
  static constexpr size_t kSparesMax = 4;

  // Only full segments, of `segment_bytes`, are used again.
  SegmentSupply(Disk& disk, Executor& executor, std::string folder, uint64_t segment_bytes);

  struct Prepared {
    std::string path;
    uint64_t bytes = 0;
  };
  // A file of `bytes_wanted`, or when space is short of at least `bytes_min`. Its content means nothing: zeroes, or
  // what an earlier segment left. Waits for a preparation under way. Whoever does not name it removes it.
  Result<Prepared> take(uint64_t bytes_min, uint64_t bytes_wanted) EXCLUDES(mutex_);
  // Starts to make the next file, once per take(), unless there is a spare. A failure is no news until it is needed.
  void prepare_ahead(uint64_t bytes) EXCLUDES(mutex_);

  bool wants_spare(uint64_t bytes) const EXCLUDES(mutex_);
  // The file's name is durable: should the power fail, it is not found under the one that it had as a segment.
  void add_spare(std::string path) EXCLUDES(mutex_);

 private:
  std::optional<Prepared> take_spare(uint64_t bytes) EXCLUDES(mutex_);
  std::string prepared_path() const;
  Result<> make(uint64_t bytes);

  Disk& disk_;
  Executor& executor_;
  const std::string folder_;
  const uint64_t segment_bytes_;
  // The committer's own.
  std::optional<uint64_t> preparing_bytes_;
  Result<> preparing_outcome_;  // read after the join

  mutable Mutex mutex_;
  std::vector<std::string> spares_ GUARDED_BY(mutex_);

  Task preparing_;
};

}  // namespace magnetite::write_buffer
