// Zero-filled files for coming segments, made in the background where possible.
#pragma once

#include <optional>
#include <string>

#include "base/disk.h"
#include "base/executor.h"
#include "base/mutex.h"

namespace magnetite::write_buffer {

// take() and prepare_ahead() are the committer's; recycle() may run beside them.
class SegmentSupply {
 public:
  SegmentSupply(Disk& disk, Executor& executor, std::string folder);

  struct Prepared {
    std::string path;
    uint64_t bytes = 0;
  };
  // A file of `bytes_wanted`, or when space is short of at least `bytes_min`. Waits for a preparation under way.
  Result<Prepared> take(uint64_t bytes_min, uint64_t bytes_wanted) EXCLUDES(mutex_);
  // Starts to make the next file, once per take(). A failure is no news until the file is needed.
  void prepare_ahead(uint64_t bytes) EXCLUDES(mutex_);

  // Takes a trimmed segment as raw material if it has none; false: the caller removes it. The caller syncs the folder
  // and then calls recycled(); before that nothing is written to the file.
  bool recycle(const std::string& path, uint64_t bytes) EXCLUDES(mutex_);
  void recycled() EXCLUDES(mutex_);

 private:
  std::string prepared_path() const;
  std::string spare_path() const;
  Result<> make(uint64_t bytes) EXCLUDES(mutex_);

  Disk& disk_;
  Executor& executor_;
  const std::string folder_;
  // The committer's own.
  std::optional<uint64_t> preparing_bytes_;
  Result<> preparing_outcome_;  // read after the join

  Mutex mutex_;
  struct Spare {
    uint64_t bytes = 0;
    bool name_is_durable = false;
  };
  std::optional<Spare> spare_ GUARDED_BY(mutex_);

  Task preparing_;
};

}  // namespace magnetite::write_buffer
