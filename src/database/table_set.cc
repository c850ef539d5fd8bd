#include "database/table_set.h"

#include <algorithm>

namespace magnetite::database {

std::shared_ptr<const schema::TableSchema> TableSet::table(std::string_view name) {
  const std::shared_ptr<Table> found = find(name);
  return found == nullptr ? nullptr : found->schema();
}

std::shared_ptr<const entry::SeriesLookup> TableSet::series(std::string_view table, std::string_view partition_key) {
  const std::shared_ptr<Table> found = find(table);
  if (found == nullptr) return nullptr;
  const std::shared_ptr<Partition> partition = found->find_partition(partition_key);
  return partition == nullptr ? nullptr : partition->dictionary();
}

size_t TableSet::table_count() {
  const MutexLock lock(mutex_);
  return tables_.size();
}

std::shared_ptr<Table> TableSet::find(std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : found->second;
}

std::shared_ptr<Table> TableSet::find_or_create(std::string_view name) {
  const MutexLock lock(mutex_);
  auto found = tables_.find(name);
  if (found == tables_.end()) found = tables_.emplace(name, std::make_shared<Table>(context_, std::string(name))).first;
  return found->second;
}

std::vector<std::shared_ptr<Table>> TableSet::all() const {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Table>> tables;
  tables.reserve(tables_.size());
  for (const auto& [name, table] : tables_) tables.push_back(table);
  return tables;
}

Result<bool> TableSet::agree(entry::RoutedWrite& write) {
  for (entry::TableWrite& wanted : write.tables) {
    if (wanted.wishes.empty() && !wanted.is_new) continue;
    const std::shared_ptr<Table> table = find_or_create(wanted.name);
    auto schema = table->extend(wanted.wishes, limits_.columns_per_table_max);
    // A conflict here means that another write got in between: routing again reports it line by line.
    if (!schema) return false;
    const auto agreed = (*schema)->columns();
    const auto provisional = wanted.schema->columns();
    if (agreed.size() < provisional.size() || !std::equal(provisional.begin(), provisional.end(), agreed.begin()))
      return false;
    wanted.schema = *std::move(schema);
  }
  return true;
}

Result<> TableSet::declare(std::span<const entry::Declaration> declarations) {
  for (const entry::Declaration& declaration : declarations)
    MAGNETITE_RETURN_IF_ERROR(find_or_create(declaration.table)->declare(declaration));
  return {};
}

std::vector<entry::Declaration> AnnouncedColumns::missing(size_t sequencer, const schema::TableSchema& schema) const {
  uint32_t first = schema::kTimeColumnId.value + 1;  // `time` needs no declaration
  {
    const MutexLock lock(mutex_);
    const auto found = announced_[sequencer].find(schema.table());
    if (found != announced_[sequencer].end()) first = found->second;
  }
  std::vector<entry::Declaration> declarations;
  for (uint32_t id = first; id < schema.columns().size(); ++id) {
    const schema::Column& column = schema.column(model::ColumnId{id});
    if (!column.is_vacant()) declarations.push_back({schema.table(), column.id, column.name, column.type});
  }
  return declarations;
}

void AnnouncedColumns::announce(size_t sequencer, std::span<const entry::Declaration> declarations) {
  const MutexLock lock(mutex_);
  for (const entry::Declaration& declaration : declarations) {
    uint32_t& known = announced_[sequencer][declaration.table];
    known = std::max(known, declaration.id.value + 1);
  }
}

}  // namespace magnetite::database
