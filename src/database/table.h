// One table: its growing schema, its sort key, its partitions.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "chunk/series_index.h"
#include "chunk/sorted_rows.h"
#include "database/partition.h"
#include "entry/wire.h"
#include "schema/table_schema.h"

namespace magnetite::database {

// Thread-safe.
class Table {
 public:
  // `context` outlives it.
  Table(const PartitionContext& context, std::string name)
      : context_(context), schema_(std::make_shared<const schema::TableSchema>(std::move(name))) {}

  std::shared_ptr<const schema::TableSchema> schema() const EXCLUDES(mutex_);

  // The schema with these columns; growth is never undone.
  Result<std::shared_ptr<const schema::TableSchema>> extend(std::span<const schema::ColumnWish> wishes,
                                                            size_t columns_max) EXCLUDES(mutex_);
  // A log record's word on a column; kCorruption when it contradicts what is known.
  Result<> declare(const entry::Declaration& declaration) EXCLUDES(mutex_);

  std::shared_ptr<Partition> find_partition(std::string_view key) const EXCLUDES(mutex_);  // nullptr if there is none
  std::shared_ptr<Partition> partition(std::string_view key) EXCLUDES(mutex_);             // made if missing
  std::vector<std::shared_ptr<Partition>> partitions() const EXCLUDES(mutex_);

  // What a catalog remembered, before anything else is known of the table. kCorruption when columns contradict each
  // other; ids it does not know stay vacant until the log declares them.
  Result<> restore(std::span<const schema::Column> columns, chunk::SortKey sort_key) EXCLUDES(mutex_);

  // The key rows of this snapshot are frozen by; what it adds stays for the table (fixed at the first freeze).
  chunk::SortKey fix_sort_key(const chunk::OpenSnapshot& rows) EXCLUDES(mutex_);
  chunk::SortKey sort_key() const EXCLUDES(mutex_);
  // The fixed key, then the other tags by name: an order for queries, covering every chunk.
  chunk::SortKey query_sort_key() const EXCLUDES(mutex_);

 private:
  const PartitionContext& context_;
  mutable Mutex mutex_;
  std::shared_ptr<const schema::TableSchema> schema_ GUARDED_BY(mutex_);
  chunk::SortKey sort_key_ GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<Partition>, std::less<>> partitions_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::database
