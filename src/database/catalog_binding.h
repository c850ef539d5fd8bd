// The catalog as a database uses it: changes of partitions become transactions, which also carry the columns and sort
// keys that the catalog does not know yet; what is persisted is trimmed from the log.
#pragma once

#include <memory>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "database/persisted_state.h"
#include "database/table_set.h"
#include "write_buffer/log.h"

namespace magnetite::database {

// Thread-safe after create() or load(). `tables` and `log` outlive it.
class CatalogBinding final : public PersistedState {
 public:
  CatalogBinding(catalog::CatalogPlace place, TableSet& tables, const write_buffer::Log& log)
      : place_(std::move(place)), tables_(tables), log_(log) {}

  // One of these first.
  Result<> create(uint64_t transactions_until_checkpoint);
  Result<> load(uint64_t transactions_until_checkpoint);

  std::shared_ptr<const catalog::State> state() const { return catalog_->state(); }
  catalog::CatalogStatus status() const { return catalog_->status(); }
  // kFailedPrecondition once another server has taken over: what this one persists would not count any more.
  Result<> check_owned() const;

  // Before the first write to a log that the catalog does not know; nothing otherwise. A log that others have too must
  // be the known one, unless another is accepted.
  Result<> start_log(bool accept_another);

  std::unique_ptr<FileName> new_file(const model::ChunkAddress& address) override;
  Result<> commit(const PersistedChange& change) override EXCLUDES(turn_);
  Result<> clean_up();
  void stop();  // ends waiting for a store that does not answer

 private:
  catalog::Transaction transaction_of(const PersistedChange& change) const REQUIRES(turn_);
  void add_schemas(std::vector<catalog::Action>& actions) const;
  void trim_log(const persistence::DatabaseCheckpoint& persisted);

  const catalog::CatalogPlace place_;
  TableSet& tables_;
  const write_buffer::Log& log_;
  std::unique_ptr<catalog::Catalog> catalog_;
  Mutex turn_;  // one change at a time, over the store's answer: the catalog serialises commits anyway
};

}  // namespace magnetite::database
