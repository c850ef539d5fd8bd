// Several sorted chunks into one image, or into two that meet at a time. One pass; memory is that of a merge plus that
// of the writers, however large the chunks are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "chunk/image_writer.h"
#include "chunk/sorted_chunk.h"

namespace magnetite::chunk {

// Called on the calling thread whenever a row group was written or its worth of rows was read.
struct MergeHooks {
  // Rows written and bytes given to the sinks since the last call.
  std::function<void(uint64_t rows, uint64_t bytes)> progress;
  std::function<bool()> cancelled;  // true ends the merge with kCancelled
};

struct MergeJob {
  std::vector<std::shared_ptr<const SortedChunk>> inputs;  // in chunk order: the later one wins; together with rows
  std::shared_ptr<const schema::TableSchema> schema;
  SortKey key;  // the table's, at least as long as each input's
  ImageOptions options;
  MergeHooks hooks;
};

struct ImageTarget {
  ByteSink* sink = nullptr;
  ImageIdentity identity;
  std::function<ClosingFacts()> closing;  // asked when the rows are written
};

Result<ImageFacts> compact(const MergeJob& job, const ImageTarget& target);

struct SplitFacts {
  std::optional<ImageFacts> up_to;  // nullopt: no such row, and nothing in the sink
  std::optional<ImageFacts> after;
};
// Rows with time <= `split_time` to one target, later ones to the other.
Result<SplitFacts> split(const MergeJob& job, int64_t split_time, const ImageTarget& up_to, const ImageTarget& after);

}  // namespace magnetite::chunk
