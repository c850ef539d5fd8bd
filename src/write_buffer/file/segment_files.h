// Segments as files of a folder: made complete before they have their name, verified when the log is opened.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "write_buffer/file/segment_format.h"

namespace magnetite::write_buffer {

std::string segment_path(const std::string& folder, uint64_t segment);

// A file of zeroes, synced, under a name that recovery removes; ready to become a segment.
Result<> prepare_segment_file(Disk& disk, const std::string& path, uint64_t bytes);

// Gives a prepared file its header and, durably, its place in the chain.
Result<std::unique_ptr<File>> publish_segment(Disk& disk, const std::string& folder, const std::string& prepared_path,
                                              const format::SegmentHeader& header);

struct RecoveredSegment {
  uint64_t segment = 0;
  uint64_t end = 0;                   // of its valid data
  uint64_t file_bytes = 0;
  std::vector<uint64_t> first_numbers;  // by sequencer, from its header
};

struct RecoveredLog {
  model::Uuid log_id;
  std::vector<RecoveredSegment> segments;  // ascending, without gaps; empty = a new log
  std::vector<uint64_t> next_numbers;      // by sequencer
  bool tail_is_clean = false;              // nothing but zeroes after the last segment's end: writing may go on there
};

// Reads the whole chain. kCorruption (path and offset) for damage below an offset known to be synced; the files stay as
// they are. Leftovers of unfinished segments are removed.
Result<RecoveredLog> recover_segments(Disk& disk, const std::string& folder);

}  // namespace magnetite::write_buffer
