// The local log: one chain of segments per database, shared by its sequencers. docs/formats/local_log.md.
// Byte format: docs/formats/local_log.md.
#pragma once

#include <memory>
#include <string>

#include "base/disk.h"
#include "base/executor.h"
#include "write_buffer/file/recovery.h"
#include "write_buffer/sync_mode.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer {

struct FileLogOptions {
  std::string folder;            // of this database's log; created if missing
  uint32_t sequencer_count = 1;  // fixed at creation; an existing log keeps its own
  SyncMode sync;
  uint64_t segment_bytes = 64ull << 20;  // zero-filled ahead
  uint64_t record_bytes_max = 128ull << 20;
  uint64_t queue_bytes_max = 256ull << 20;  // appended but not yet written
  Verify closed_segments = Verify::kAll;    // when it is opened
};

// Owns the folder (locked). Recovers on open: damage below the synced offset is kCorruption and leaves the files
// untouched; above it the valid prefix is kept and the rest cut. Thread-safe.
// trim() gives up whole segments once all of their sequencers' records are below what is needed; never the last one.
class FileLog {
 public:
  static Result<std::unique_ptr<FileLog>> open(Disk& disk, Executor& executor, FileLogOptions options);
  virtual ~FileLog() = default;  // stops the committer; queued appends are written first

  virtual Writer& writer() = 0;
  virtual Result<std::unique_ptr<Reader>> make_reader() = 0;  // must not outlive the log
  // Numbers given from now on are at least this (the catalog may know higher ones than the log's tail).
  virtual void raise_next_number(model::SequencerId sequencer, model::SequenceNumber at_least) = 0;
};

}  // namespace magnetite::write_buffer
