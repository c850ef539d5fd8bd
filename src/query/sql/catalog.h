// Our databases as a DuckDB catalog: one attached catalog `public`, one schema per database (the statement's own one
// also answers to `iox`), tables read live from the DatabaseSource at bind time. Heavy: for .cc files of this folder.
#pragma once

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/schema_catalog_entry.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/storage/storage_extension.hpp>
#include <duckdb/transaction/transaction.hpp>
#include <duckdb/transaction/transaction_manager.hpp>
#include <functional>

#include "query/sql/catalog_names.h"
#include "query/table_snapshot.h"

namespace magnetite::query::sql {

inline constexpr const char* kExtensionName = "magnetite";

// Registers the storage extension; `databases` outlives the instance.
void register_catalog(duckdb::DBConfig& config, const DatabaseSource& databases);

// The table as the running statement sees it: made on its first use, kept until the statement ends, the same for all of
// the statement's threads. nullptr where `make` gives nullptr. `make` must not come here again.
using MakeEntry = std::function<duckdb::unique_ptr<duckdb::StandardEntry>()>;
duckdb::optional_ptr<duckdb::StandardEntry> bound_entry(duckdb::ClientContext& context, duckdb::Catalog& catalog,
                                                        const std::string& schema, const std::string& table,
                                                        const MakeEntry& make);

// A table as a statement sees it: columns by name, as SQL spells them.
class TableEntry final : public duckdb::TableCatalogEntry {
 public:
  TableEntry(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema, duckdb::CreateTableInfo& info,
             std::shared_ptr<const TableSource> source, std::shared_ptr<const schema::TableSchema> table,
             std::vector<model::ColumnId> column_ids);

  const duckdb::ColumnList& GetColumns() const override { return columns_; }
  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext&, duckdb::column_t) override {
    return nullptr;
  }
  duckdb::TableFunction GetScanFunction(duckdb::ClientContext& context,
                                        duckdb::unique_ptr<duckdb::FunctionData>& bind_data) override;
  duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext& context) override;

 private:
  const duckdb::ColumnList columns_;
  const std::shared_ptr<const TableSource> source_;
  const std::shared_ptr<const schema::TableSchema> table_;
  const std::vector<model::ColumnId> column_ids_;  // by position in GetColumns()
};

}  // namespace magnetite::query::sql
