// What a log's folder holds, judged when it is opened: what counts, what is cut, what is damage. Reads only.
#pragma once

#include <string>
#include <vector>

#include "base/disk.h"
#include "model/ids.h"

namespace magnetite::write_buffer {

struct RecoveredSegment {
  uint64_t segment = 0;
  uint64_t end = 0;  // of its data; for the last segment: of the data that is known to be durable
  uint64_t file_bytes = 0;
  std::vector<uint64_t> first_numbers;  // by sequencer
};

// Behind the last segment's `end`.
struct RecoveredTail {
  uint64_t end = 0;  // of intact batches: kept, although they may never have been synced
  bool has_records = false;
  bool is_clean = true;                 // no batch of this segment follows that a repaired gap could bring back
  std::vector<uint64_t> first_numbers;  // by sequencer: smallest number a record from here on may have
};

struct SpareFile {
  std::string path;
  uint64_t bytes = 0;
};

struct RecoveredLog {
  model::Uuid log_id;
  std::vector<RecoveredSegment> segments;  // ascending, without gaps; empty = a new log
  RecoveredTail tail;
  std::vector<uint64_t> next_numbers;  // by sequencer: above every number seen, cut ones included
  std::vector<std::string> leftovers;  // paths of segments that were never finished
  std::vector<SpareFile> spares;       // trimmed segments kept for reuse
};

// Of segments that are closed, how much is looked at: all, or only the headers, where whoever reads the log verifies
// what it needs.
enum class Verify : uint8_t { kAll, kHeaders };

// kCorruption (path and offset) for damage below an offset known to be synced.
Result<RecoveredLog> recover_log(Disk& disk, const std::string& folder, Verify closed_segments);

}  // namespace magnetite::write_buffer
