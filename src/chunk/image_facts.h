// What the Parquet image of a chunk says about itself beside its rows, and what is known of one that was just written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "chunk/series_index.h"
#include "model/column_summary.h"
#include "model/ids.h"
#include "model/time_range.h"

namespace magnetite::chunk {

// Whose rows they are.
struct ImageIdentity {
  std::string database;
  model::Uuid database_uuid;
  std::string partition_key;
  model::ChunkId chunk;
  model::ChunkOrder order;
  bool operator==(const ImageIdentity&) const = default;
};

// Entries of one sequencer that rows of the chunk came with.
struct SequenceRange {
  model::SequencerId sequencer;
  model::SequenceNumber min;
  model::SequenceNumber max;
  bool operator==(const SequenceRange&) const = default;
};

// What may be settled only once all rows are written.
struct ClosingFacts {
  WallTime created_at;
  std::vector<SequenceRange> sequences;
  // Any bytes; they mean nothing here.
  std::string partition_checkpoint;
  std::string database_checkpoint;
  bool operator==(const ClosingFacts&) const = default;
};

// All of it, as a footer has it.
struct ImageFooterFacts {
  std::string table;
  ImageIdentity identity;
  ClosingFacts closing;
  SortKey sort_key;
  uint64_t rows = 0;
  model::TimeRange times = model::TimeRange::none();
  bool operator==(const ImageFooterFacts&) const = default;
};

// An image that was written.
struct ImageFacts {
  uint64_t rows = 0;
  uint64_t bytes = 0;
  model::TimeRange times = model::TimeRange::none();
  std::vector<model::ColumnSummary> summaries;
  uint64_t checksum = 0;  // of everything in the file
};

}  // namespace magnetite::chunk
