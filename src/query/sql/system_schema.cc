#include "query/sql/system_schema.h"

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/function/replacement_scan.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/parser/constraints/not_null_constraint.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <duckdb/storage/table_storage_info.hpp>
#include <map>

#include "base/mutex.h"
#include "query/sql/catalog.h"
#include "query/sql/names.h"
#include "query/sql/read_only_schema.h"
#include "query/sql/scan_function.h"
#include "query/sql/visible_databases.h"

namespace magnetite::query::sql {
namespace {

using namespace duckdb;  // NOLINT: this file implements DuckDB's interfaces and speaks its names

LogicalType type_of(CellType type) {
  switch (type) {
    case CellType::kText:
      return LogicalType::VARCHAR;
    case CellType::kUInt32:
      return LogicalType::UINTEGER;
    case CellType::kUInt64:
      return LogicalType::UBIGINT;
    case CellType::kTime:
      return LogicalType::TIMESTAMP_NS;
    case CellType::kDuration:
      return LogicalType::TIME_NS;
  }
  return LogicalType::VARCHAR;
}

Value value_of(const SystemCell& cell, CellType type) {
  return std::visit(
      [&](const auto& held) -> Value {
        using Held = std::remove_cvref_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate>)
          return Value(type_of(type));
        else if constexpr (std::is_same_v<Held, std::string>)
          return Value(held);
        else if constexpr (std::is_same_v<Held, uint64_t>)
          return type == CellType::kUInt32 ? Value::UINTEGER(static_cast<uint32_t>(held)) : Value::UBIGINT(held);
        else if constexpr (std::is_same_v<Held, WallTime>)
          return Value::TIMESTAMPNS(timestamp_ns_t(held.nanos));
        else
          return Value::TIME_NS(dtime_ns_t(held.count()));
      },
      cell);
}

// Rows are taken when the statement runs; one thread hands them out.
struct SystemBindData final : public FunctionData {
  std::shared_ptr<const TableSource> source;
  size_t table = 0;
  optional_ptr<TableCatalogEntry> entry;

  unique_ptr<FunctionData> Copy() const override { return make_uniq<SystemBindData>(*this); }
  bool Equals(const FunctionData& other) const override {
    const auto& same = static_cast<const SystemBindData&>(other);
    return source == same.source && table == same.table;
  }
};

struct SystemScanState final : public GlobalTableFunctionState {
  std::vector<SystemRow> rows;
  std::vector<column_t> columns;
  size_t next = 0;
};

unique_ptr<GlobalTableFunctionState> init(ClientContext&, TableFunctionInitInput& input) {
  const auto& bound = input.bind_data->Cast<SystemBindData>();
  auto rows = bound.source->system_tables()->rows(bound.table);
  if (!rows) throw duckdb::IOException("%s", rows.error().message());
  auto state = make_uniq<SystemScanState>();
  state->rows = *std::move(rows);
  state->columns.assign(input.column_ids.begin(), input.column_ids.end());
  return state;
}

void scan(ClientContext&, TableFunctionInput& input, DataChunk& out) {
  const auto& bound = input.bind_data->Cast<SystemBindData>();
  auto& state = input.global_state->Cast<SystemScanState>();
  const auto& columns = bound.source->system_tables()->tables()[bound.table].columns;
  const size_t rows = std::min<size_t>(STANDARD_VECTOR_SIZE, state.rows.size() - state.next);
  for (size_t i = 0; i < state.columns.size(); ++i) {
    const column_t column = state.columns[i];
    for (size_t row = 0; row < rows; ++row)
      out.data[i].SetValue(row, column < columns.size()
                                    ? value_of(state.rows[state.next + row][column], columns[column].type)
                                    : Value::BIGINT(static_cast<int64_t>(state.next + row)));  // a row id
  }
  state.next += rows;
  out.SetChildCardinality(rows);
}

class SystemTableEntry final : public TableCatalogEntry {
 public:
  SystemTableEntry(Catalog& owner, SchemaCatalogEntry& in, CreateTableInfo& info,
                   std::shared_ptr<const TableSource> source, size_t table)
      : TableCatalogEntry(owner, in, info), columns_(info.columns.Copy()), source_(std::move(source)), table_(table) {}

  const ColumnList& GetColumns() const override { return columns_; }
  unique_ptr<BaseStatistics> GetStatistics(ClientContext&, column_t) override { return nullptr; }
  TableStorageInfo GetStorageInfo(ClientContext&) override { return {}; }
  TableFunction GetScanFunction(ClientContext&, unique_ptr<FunctionData>& bind_data) override {
    auto data = make_uniq<SystemBindData>();
    data->source = source_;
    data->table = table_;
    data->entry = this;
    bind_data = std::move(data);
    TableFunction function("magnetite_system_scan", {}, scan, nullptr, init);
    function.projection_pushdown = true;
    function.get_table_entry = [](optional_ptr<const FunctionData> bound) -> optional_ptr<TableCatalogEntry> {
      return bound->Cast<SystemBindData>().entry;
    };
    return function;
  }

 private:
  const ColumnList columns_;
  const std::shared_ptr<const TableSource> source_;
  const size_t table_;
};

class SystemSchema final : public ReadOnlySchema {
 public:
  SystemSchema(Catalog& owner, CreateSchemaInfo& info, const DatabaseSource& databases)
      : ReadOnlySchema(owner, info), databases_(databases) {}

  void Scan(ClientContext& context, CatalogType wanted, const std::function<void(CatalogEntry&)>& callback) override {
    if (wanted != CatalogType::TABLE_ENTRY) return;
    const auto source = current(context);
    if (source == nullptr) return;
    for (size_t i = 0; i < source->system_tables()->tables().size(); ++i) callback(entry(context, source, i));
  }

  void Scan(CatalogType, const std::function<void(CatalogEntry&)>&) override {}

  Entry LookupEntry(CatalogTransaction transaction, const EntryLookupInfo& lookup) override {
    if (lookup.GetCatalogType() != CatalogType::TABLE_ENTRY || !transaction.HasContext()) return nullptr;
    const auto source = current(transaction.GetContext());
    if (source == nullptr) return nullptr;
    const auto tables = source->system_tables()->tables();
    const std::string& wanted = lookup.GetEntryName();
    for (size_t i = 0; i < tables.size(); ++i)
      if (equal_without_case(tables[i].name, wanted)) return entry(transaction.GetContext(), source, i);
    return nullptr;
  }

 private:
  // nullptr: the statement has no database, or that has no such tables.
  std::shared_ptr<const TableSource> current(ClientContext& context) const {
    const auto source = visible(context, databases_).database(current_database(context));
    return source && (*source)->system_tables() != nullptr ? *source : nullptr;
  }

  SystemTableEntry& entry(ClientContext& context, const std::shared_ptr<const TableSource>& source, size_t table) {
    const auto make = [&]() -> unique_ptr<StandardEntry> {
      const SystemTable& described = source->system_tables()->tables()[table];
      CreateTableInfo info(*this, Identifier(std::string(described.name)));
      for (const SystemColumn& column : described.columns) {
        if (!column.nullable)
          info.constraints.push_back(make_uniq<NotNullConstraint>(LogicalIndex(info.columns.LogicalColumnCount())));
        info.columns.AddColumn(ColumnDefinition(Identifier(std::string(column.name)), type_of(column.type)));
      }
      return make_uniq<SystemTableEntry>(catalog, *this, info, source, table);
    };
    return bound_entry(context, catalog, kSystemSchema, std::to_string(table), make)->Cast<SystemTableEntry>();
  }

  const DatabaseSource& databases_;
};

unique_ptr<TableRef> ours_instead(ClientContext&, ReplacementScanInput& input, optional_ptr<ReplacementScanData>) {
  const bool is_system = equal_without_case(input.catalog_name, kSystemSchema) ||
                         (input.catalog_name.empty() && equal_without_case(input.schema_name, kSystemSchema));
  if (!is_system) return nullptr;
  auto reference = make_uniq<BaseTableRef>();
  reference->SetQualifiedName(
      QualifiedName(Identifier(kCatalogName), Identifier(kSystemSchema), Identifier(input.table_name)));
  return reference;
}

}  // namespace

unique_ptr<SchemaCatalogEntry> make_system_schema(Catalog& catalog, const DatabaseSource& databases) {
  CreateSchemaInfo info;
  info.SetQualifiedName(QualifiedName(Identifier(kCatalogName), Identifier(kSystemSchema), Identifier("")));
  return make_uniq<SystemSchema>(catalog, info, databases);
}

void register_system_names(DBConfig& config) { config.replacement_scans.emplace_back(ours_instead); }

}  // namespace magnetite::query::sql
