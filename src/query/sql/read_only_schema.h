// What every schema of ours refuses. Heavy: for .cc files of this folder.
#pragma once

#include <duckdb.hpp>
#include <duckdb/catalog/catalog_entry/schema_catalog_entry.hpp>

namespace magnetite::query::sql {

[[noreturn]] inline void refuse_change() {
  throw duckdb::PermissionException("this database is read through SQL and written with line protocol");
}

class ReadOnlySchema : public duckdb::SchemaCatalogEntry {
 public:
  using duckdb::SchemaCatalogEntry::SchemaCatalogEntry;
  using Entry = duckdb::optional_ptr<duckdb::CatalogEntry>;
  using InTransaction = duckdb::CatalogTransaction;

  Entry CreateIndex(InTransaction, duckdb::CreateIndexInfo&, duckdb::TableCatalogEntry&) override { refuse_change(); }
  Entry CreateFunction(InTransaction, duckdb::CreateFunctionInfo&) override { refuse_change(); }
  Entry CreateTable(InTransaction, duckdb::BoundCreateTableInfo&) override { refuse_change(); }
  Entry CreateView(InTransaction, duckdb::CreateViewInfo&) override { refuse_change(); }
  Entry CreateSequence(InTransaction, duckdb::CreateSequenceInfo&) override { refuse_change(); }
  Entry CreateTableFunction(InTransaction, duckdb::CreateTableFunctionInfo&) override { refuse_change(); }
  Entry CreateCopyFunction(InTransaction, duckdb::CreateCopyFunctionInfo&) override { refuse_change(); }
  Entry CreatePragmaFunction(InTransaction, duckdb::CreatePragmaFunctionInfo&) override { refuse_change(); }
  Entry CreateCollation(InTransaction, duckdb::CreateCollationInfo&) override { refuse_change(); }
  Entry CreateType(InTransaction, duckdb::CreateTypeInfo&) override { refuse_change(); }
  void DropEntry(duckdb::ClientContext&, duckdb::DropInfo&) override { refuse_change(); }
  void Alter(InTransaction, duckdb::AlterInfo&) override { refuse_change(); }
};

}  // namespace magnetite::query::sql
