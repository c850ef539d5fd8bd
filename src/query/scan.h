// From a table snapshot to rows: prune by time and identity, group what may overlap, then read clean chunks plainly and
// merge the others. Everything above sees rows without duplicates. docs/life_of_a_query.md has the rule.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "chunk/row_batch.h"
#include "model/predicate.h"
#include "query/table_snapshot.h"

namespace magnetite::query {

// Rows at the ends of series, for questions like "the last point of each host".
struct SeriesEnds {
  uint32_t first_rows = 0;                   // of each series, from its beginning
  uint32_t last_rows = 0;                    // and from its end
  std::vector<model::ColumnId> last_values;  // fields: also the last row that has a value
};

struct ScanRequest {
  TableSnapshot table;
  std::vector<model::ColumnId> columns;  // to return, in order; may repeat; may be empty (only row counts)
  // Advisory: the caller filters again. Time and tags are applied below de-duplication; fields only where no identity
  // occurs twice (L8).
  model::Predicate predicate;
  // When set, only these of the rows that satisfy time and tags are needed (others may come as well). Fields are not
  // compared then: which row is the last must not depend on them.
  std::optional<SeriesEnds> ends;
};

struct ScanCounters {
  uint64_t chunks_total = 0;
  uint64_t chunks_pruned = 0;
  uint64_t rows_pruned = 0;
  uint64_t chunks_merged = 0;  // in overlap groups of two or more, or with duplicates inside
};

// Cancellation and progress shared with the caller. Thread-safe.
struct ScanControl {
  std::atomic<bool> cancelled = false;
};

// Reads one morsel. Not thread-safe.
class MorselReader {
 public:
  virtual ~MorselReader() = default;
  // At most kBatchRowsMax rows, never 0; nullopt at the end; kCancelled. Vectors stay valid until the next call;
  // keep_alive owns them beyond that.
  virtual Result<std::optional<chunk::RowBatch>> next() = 0;
};

// A plan: independent pieces of work, about a row group or a series range each. Immutable; morsels may be read in
// parallel. Must outlive its readers.
class ScanPlan {
 public:
  virtual ~ScanPlan() = default;
  virtual size_t morsel_count() const = 0;
  virtual uint64_t rows_estimate() const = 0;
  virtual const ScanCounters& counters() const = 0;
  virtual Result<std::unique_ptr<MorselReader>> open(size_t morsel) const = 0;
};

std::shared_ptr<const ScanPlan> plan_scan(ScanRequest request, std::shared_ptr<ScanControl> control);

}  // namespace magnetite::query
