// The `system` schema of one database: chunks, columns, chunk_columns, operations, lifecycle, sequencers.
// docs/system_tables.md.
#pragma once

#include <functional>

#include "database/lifecycle_worker.h"
#include "database/sequencer_status.h"
#include "database/table_set.h"
#include "jobs/job_registry.h"
#include "query/system_table.h"

namespace magnetite::database {

// Thread-safe. All parts outlive it.
class SystemTables final : public query::SystemTables {
 public:
  struct Parts {
    const std::string& database;
    const TableSet& tables;
    const jobs::JobRegistry& jobs;
    const LifecycleWorker& lifecycle;
    std::function<model::DatabaseRules()> rules;
    std::function<std::vector<SequencerStatus>()> sequencers;
  };
  explicit SystemTables(Parts parts) : parts_(std::move(parts)) {}

  std::span<const query::SystemTable> tables() const override;
  Result<std::vector<query::SystemRow>> rows(size_t table) const override;

 private:
  using Rows = Result<std::vector<query::SystemRow>>;
  Rows chunks() const;
  Rows columns() const;
  Rows chunk_columns() const;
  Rows operations() const;
  Rows lifecycle() const;
  Rows sequencers() const;

  const Parts parts_;
};

}  // namespace magnetite::database
