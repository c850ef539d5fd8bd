#include "query/sql/catalog.h"

#include <duckdb/parser/constraints/not_null_constraint.hpp>
#include <duckdb/parser/parsed_data/create_schema_info.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/storage/database_size.hpp>
#include <duckdb/storage/table_storage_info.hpp>
#include <map>

#include "base/mutex.h"
#include "query/sql/names.h"
#include "query/sql/read_only_schema.h"
#include "query/sql/scan_function.h"
#include "query/sql/system_schema.h"
#include "query/sql/types.h"
#include "query/sql/visible_databases.h"

namespace magnetite::query::sql {
namespace {

using namespace duckdb;  // NOLINT: this file implements DuckDB's interfaces and speaks its names

// Owns the table entries its statement bound, so that a plan's table lives as long as the statement.
class ReadTransaction final : public Transaction {
 public:
  using Transaction::Transaction;
  optional_ptr<StandardEntry> entry(const std::string& schema, const std::string& table, const MakeEntry& make)
      EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    unique_ptr<StandardEntry>& entry = tables_[{schema, table}];
    if (entry == nullptr) entry = make();
    return entry.get();
  }

 private:
  Mutex mutex_;  // pipelines of one statement begin at the same time, and each may list the tables
  std::map<std::pair<std::string, std::string>, unique_ptr<StandardEntry>> tables_ GUARDED_BY(mutex_);
};

class ReadTransactionManager final : public TransactionManager {
 public:
  using TransactionManager::TransactionManager;
  Transaction& StartTransaction(ClientContext& context) override {
    auto transaction = make_uniq<ReadTransaction>(*this, context);
    ReadTransaction& started = *transaction;
    const MutexLock lock(mutex_);
    transactions_.emplace(&started, std::move(transaction));
    return started;
  }
  ErrorData CommitTransaction(ClientContext&, Transaction& transaction) override {
    end(transaction);
    return ErrorData();
  }
  void RollbackTransaction(Transaction& transaction) override { end(transaction); }
  void Checkpoint(ClientContext&, bool) override {}

 private:
  void end(Transaction& transaction) {
    unique_ptr<ReadTransaction> ended;  // destroyed outside the lock
    const MutexLock lock(mutex_);
    const auto found = transactions_.find(&transaction);
    if (found == transactions_.end()) return;
    ended = std::move(found->second);
    transactions_.erase(found);
  }
  Mutex mutex_;
  std::map<Transaction*, unique_ptr<ReadTransaction>> transactions_ GUARDED_BY(mutex_);
};

class DatabaseSchema final : public ReadOnlySchema {
 public:
  DatabaseSchema(Catalog& owner, CreateSchemaInfo& info, const DatabaseSource& databases)
      : ReadOnlySchema(owner, info), databases_(databases) {}

  void Scan(ClientContext& context, CatalogType wanted, const std::function<void(CatalogEntry&)>& callback) override {
    if (wanted != CatalogType::TABLE_ENTRY) return;
    const auto source = visible(context, databases_).database(name.GetIdentifierName());
    if (!source) return;
    for (const std::string& table : (*source)->table_names())
      if (auto entry = find_table(context, *source, table)) callback(*entry);
  }

  void Scan(CatalogType, const std::function<void(CatalogEntry&)>&) override {}

  Entry LookupEntry(CatalogTransaction transaction, const EntryLookupInfo& lookup) override {
    if (lookup.GetCatalogType() != CatalogType::TABLE_ENTRY || !transaction.HasContext()) return nullptr;
    const auto source = visible(transaction.GetContext(), databases_).database(name.GetIdentifierName());
    if (!source) return nullptr;
    const std::string& wanted = lookup.GetEntryName();
    if (auto exact = find_table(transaction.GetContext(), *source, wanted)) return exact;
    for (const std::string& table : (*source)->table_names())
      if (equal_without_case(table, wanted)) return find_table(transaction.GetContext(), *source, table);
    return nullptr;
  }

 private:
  optional_ptr<CatalogEntry> find_table(ClientContext& context, const std::shared_ptr<const TableSource>& source,
                                        const std::string& table) {
    const auto make = [&]() -> unique_ptr<StandardEntry> {
      const auto found = source->table_schema(table);
      return found == nullptr ? nullptr : make_entry(source, found);
    };
    return bound_entry(context, catalog, source->database_name(), table, make).get();
  }

  unique_ptr<TableEntry> make_entry(std::shared_ptr<const TableSource> source,
                                    std::shared_ptr<const magnetite::schema::TableSchema> table) {
    std::vector<std::string> names;
    for (const auto& column : table->columns()) names.push_back(column.name);
    const std::vector<std::string> spelled = sql_names(names);
    const std::vector<model::ColumnId> ids = table->columns_by_name();
    CreateTableInfo info(*this, Identifier(table->table()));
    for (const model::ColumnId id : ids)
      info.columns.AddColumn(ColumnDefinition(Identifier(spelled[id.value]), sql_type(table->column(id).type)));
    for (size_t i = 0; i < ids.size(); ++i)
      if (ids[i] == magnetite::schema::kTimeColumnId)
        info.constraints.push_back(make_uniq<NotNullConstraint>(LogicalIndex(i)));
    return make_uniq<TableEntry>(catalog, *this, info, std::move(source), std::move(table), ids);
  }

  const DatabaseSource& databases_;
};

class DatabaseCatalog final : public Catalog {
 public:
  DatabaseCatalog(AttachedDatabase& attached, const DatabaseSource& databases)
      : Catalog(attached), databases_(databases), system_(make_system_schema(*this, databases)) {}

  void Initialize(bool) override {}
  string GetCatalogType() override { return kExtensionName; }
  bool InMemory() override { return true; }
  string GetDBPath() override { return ""; }
  DatabaseSize GetDatabaseSize(ClientContext&) override { return {}; }

  void ScanSchemas(ClientContext& context, std::function<void(SchemaCatalogEntry&)> callback) override {
    bool shadowed = false;
    for (const std::string& name : visible(context, databases_).database_names()) {
      callback(schema(name));
      shadowed = shadowed || equal_without_case(name, kSystemSchema);
    }
    if (!shadowed) callback(*system_);
  }

  optional_ptr<SchemaCatalogEntry> LookupSchema(CatalogTransaction transaction, const EntryLookupInfo& lookup,
                                                OnEntryNotFound if_not_found) override {
    if (const auto found = find_schema(transaction, lookup)) return found;
    if (if_not_found == OnEntryNotFound::RETURN_NULL) return nullptr;
    throw CatalogException("Database '%s' not found", lookup.GetEntryName());
  }

  // DuckDB's own catalog has that name, too. It goes first, and what it lacks is looked up here
  // (register_system_names).
  bool CheckAmbiguousCatalogOrSchema(ClientContext& context, const Identifier& schema) override {
    return schema != Identifier(kSystemSchema) && Catalog::CheckAmbiguousCatalogOrSchema(context, schema);
  }

  optional_ptr<CatalogEntry> CreateSchema(CatalogTransaction, CreateSchemaInfo&) override { refuse_change(); }
  void DropSchema(ClientContext&, DropInfo&) override { refuse_change(); }
  PhysicalOperator& PlanCreateTableAs(ClientContext&, PhysicalPlanGenerator&, LogicalCreateTable&,
                                      PhysicalOperator&) override {
    refuse_change();
  }
  PhysicalOperator& PlanInsert(ClientContext&, PhysicalPlanGenerator&, LogicalInsert&,
                               optional_ptr<PhysicalOperator>) override {
    refuse_change();
  }
  PhysicalOperator& PlanDelete(ClientContext&, PhysicalPlanGenerator&, LogicalDelete&, PhysicalOperator&) override {
    refuse_change();
  }
  PhysicalOperator& PlanUpdate(ClientContext&, PhysicalPlanGenerator&, LogicalUpdate&, PhysicalOperator&) override {
    refuse_change();
  }

 private:
  optional_ptr<SchemaCatalogEntry> find_schema(CatalogTransaction transaction, const EntryLookupInfo& lookup) {
    if (!transaction.HasContext()) return nullptr;
    ClientContext& context = transaction.GetContext();
    const std::string& wanted = lookup.GetEntryName();
    // The name may come with its catalog and, of `a.b.t` where `a` is no catalog, with what stands before it. Schemas
    // are not nested, but a database's may be called by its alias.
    const auto& path = lookup.GetQualifiedName().Path();
    const size_t of_catalog = path.size() > 1 && path[0] == Identifier(kCatalogName) ? 1 : 0;
    if (path.size() > of_catalog + 2) return nullptr;
    if (path.size() == of_catalog + 2)
      return equal_without_case(wanted, kSchemaAlias) ? find_database(context, path[of_catalog].GetIdentifierName())
                                                      : nullptr;
    if (const auto found = find_database(context, wanted)) return found;
    if (equal_without_case(wanted, kSystemSchema)) return *system_;
    if (!equal_without_case(wanted, kSchemaAlias)) return nullptr;
    const std::string current = current_database(context);
    return current.empty() ? nullptr : optional_ptr<SchemaCatalogEntry>(schema(current));
  }
  optional_ptr<SchemaCatalogEntry> find_database(ClientContext& context, const std::string& wanted) {
    const std::vector<std::string> names = visible(context, databases_).database_names();
    for (const std::string& name : names)
      if (name == wanted) return schema(name);
    for (const std::string& name : names)
      if (equal_without_case(name, wanted)) return schema(name);
    return nullptr;
  }

  // Entries stay for ever: a plan may still refer to one, and there are few databases.
  DatabaseSchema& schema(const std::string& name) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    auto& entry = schemas_[name];
    if (entry == nullptr) {
      CreateSchemaInfo info;
      info.SetQualifiedName(QualifiedName(Identifier(kCatalogName), Identifier(name), Identifier("")));
      entry = make_uniq<DatabaseSchema>(*this, info, databases_);
    }
    return *entry;
  }

  const DatabaseSource& databases_;
  const unique_ptr<SchemaCatalogEntry> system_;  // hidden by a database of that name
  Mutex mutex_;
  std::map<std::string, unique_ptr<DatabaseSchema>> schemas_ GUARDED_BY(mutex_);
};

struct ExtensionInfo final : public StorageExtensionInfo {
  explicit ExtensionInfo(const DatabaseSource& source) : databases(source) {}
  const DatabaseSource& databases;
};

unique_ptr<Catalog> attach(optional_ptr<StorageExtensionInfo> info, ClientContext&, AttachedDatabase& db, const string&,
                           AttachInfo&, AttachOptions&) {
  return make_uniq<DatabaseCatalog>(db, static_cast<ExtensionInfo&>(*info).databases);
}

unique_ptr<TransactionManager> make_transaction_manager(optional_ptr<StorageExtensionInfo>, AttachedDatabase& db,
                                                        Catalog&) {
  return make_uniq<ReadTransactionManager>(db);
}

}  // namespace

optional_ptr<StandardEntry> bound_entry(ClientContext& context, Catalog& catalog, const std::string& schema,
                                        const std::string& table, const MakeEntry& make) {
  return Transaction::Get(context, catalog).Cast<ReadTransaction>().entry(schema, table, make);
}

void register_catalog(DBConfig& config, const DatabaseSource& databases) {
  auto extension = duckdb::make_shared_ptr<StorageExtension>();
  extension->attach = attach;
  extension->create_transaction_manager = make_transaction_manager;
  extension->storage_info = duckdb::make_shared_ptr<ExtensionInfo>(databases);
  StorageExtension::Register(config, kExtensionName, std::move(extension));
  register_system_names(config);
}

TableEntry::TableEntry(Catalog& owner, SchemaCatalogEntry& in, CreateTableInfo& info,
                       std::shared_ptr<const TableSource> source,
                       std::shared_ptr<const magnetite::schema::TableSchema> table,
                       std::vector<model::ColumnId> column_ids)
    : TableCatalogEntry(owner, in, info),
      columns_(info.columns.Copy()),
      source_(std::move(source)),
      table_(std::move(table)),
      column_ids_(std::move(column_ids)) {}

TableFunction TableEntry::GetScanFunction(ClientContext&, unique_ptr<FunctionData>& bind_data) {
  auto snapshot = source_->snapshot(table_->table());
  if (!snapshot) throw duckdb::CatalogException("%s", snapshot.error().message());
  bind_data = bind_scan(*std::move(snapshot), table_, column_ids_, *this);
  return scan_function();
}

TableStorageInfo TableEntry::GetStorageInfo(ClientContext&) { return {}; }

}  // namespace magnetite::query::sql
