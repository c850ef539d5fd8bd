// The tables of a database, and how a routed write's wishes become real: all of them, or nothing and another try.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "database/table.h"
#include "entry/routed_write.h"
#include "entry/wire.h"
#include "model/limits.h"

namespace magnetite::database {

// Thread-safe.
class TableSet final : public entry::RouteContext {
 public:
  // `context` outlives it.
  TableSet(const model::Limits& limits, const PartitionContext& context) : limits_(limits), context_(context) {}

  // RouteContext
  std::shared_ptr<const schema::TableSchema> table(std::string_view name) override;
  std::shared_ptr<const entry::SeriesLookup> series(std::string_view table, std::string_view partition_key) override;
  size_t table_count() override EXCLUDES(mutex_);

  std::shared_ptr<Table> find(std::string_view name) const EXCLUDES(mutex_);  // nullptr if there is none
  std::shared_ptr<Table> find_or_create(std::string_view name) EXCLUDES(mutex_);
  std::vector<std::shared_ptr<Table>> all() const EXCLUDES(mutex_);  // by name

  // Creates tables and columns the write wished for. False: somebody else's columns came first, so ids differ from the
  // provisional ones; route again. Columns added are never taken back.
  Result<bool> agree(entry::RoutedWrite& write);
  Result<> declare(std::span<const entry::Declaration> declarations);

 private:
  const model::Limits limits_;
  const PartitionContext& context_;
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<Table>, std::less<>> tables_ GUARDED_BY(mutex_);
};

// Columns each stream of a log has met. An entry declares what its stream has not: before a row uses a column, its own
// stream holds the declaration (L5), so streams replay independently. Thread-safe.
class AnnouncedColumns {
 public:
  explicit AnnouncedColumns(size_t sequencers) : announced_(sequencers) {}

  std::vector<entry::Declaration> missing(size_t sequencer, const schema::TableSchema& schema) const EXCLUDES(mutex_);
  // After the entry that declared them is durable.
  void announce(size_t sequencer, std::span<const entry::Declaration> declarations) EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  // Per sequencer and table: columns with smaller ids were declared.
  std::vector<std::map<std::string, uint32_t, std::less<>>> announced_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::database
