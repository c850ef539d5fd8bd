#include "database/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace magnetite::database {

std::shared_ptr<const schema::TableSchema> Table::schema() const {
  const MutexLock lock(mutex_);
  return schema_;
}

Result<std::shared_ptr<const schema::TableSchema>> Table::extend(std::span<const schema::ColumnWish> wishes,
                                                                 size_t columns_max) {
  const MutexLock lock(mutex_);
  if (wishes.empty()) return schema_;
  MAGNETITE_TRY(schema_, schema_->extend(wishes, columns_max));
  return schema_;
}

Result<> Table::declare(const entry::Declaration& declaration) {
  const MutexLock lock(mutex_);
  if (declaration.id.value > schema_->columns().size())
    return fail(ErrorCode::kCorruption, fmt::format("log declares column {} '{}' of table '{}', leaving a gap",
                                                    declaration.id.value, declaration.column, declaration.table));
  auto grown = schema_->with({declaration.id, declaration.column, declaration.type});
  if (!grown) return std::unexpected(std::move(grown).error().with_context("log declares"));
  schema_ = *std::move(grown);
  return {};
}

std::shared_ptr<Partition> Table::find_partition(std::string_view key) const {
  const MutexLock lock(mutex_);
  const auto found = partitions_.find(key);
  return found == partitions_.end() ? nullptr : found->second;
}

std::shared_ptr<Partition> Table::partition(std::string_view key) {
  const MutexLock lock(mutex_);
  auto found = partitions_.find(key);
  if (found == partitions_.end())
    found = partitions_.emplace(key, std::make_shared<Partition>(context_, schema_->table(), std::string(key))).first;
  return found->second;
}

std::vector<std::shared_ptr<Partition>> Table::partitions() const {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Partition>> all;
  all.reserve(partitions_.size());
  for (const auto& [key, partition] : partitions_) all.push_back(partition);
  return all;
}

chunk::SortKey Table::fix_sort_key(const chunk::OpenSnapshot& rows) {
  chunk::SortKey known;
  {
    const MutexLock lock(mutex_);
    known = sort_key_;
  }
  chunk::SortKey wanted = chunk::extend_sort_key(known, rows);  // counts values: not under the lock
  const MutexLock lock(mutex_);
  if (sort_key_ != known) {  // another partition's freeze came first; keep its order, append what it lacks
    const std::vector<model::ColumnId> fixed = sort_key_.tags;
    std::erase_if(wanted.tags, [&](model::ColumnId tag) { return std::ranges::contains(fixed, tag); });
    sort_key_.tags.insert(sort_key_.tags.end(), wanted.tags.begin(), wanted.tags.end());
  } else {
    sort_key_ = std::move(wanted);
  }
  return sort_key_;
}

Result<> Table::restore(std::span<const schema::Column> columns, chunk::SortKey sort_key) {
  const MutexLock lock(mutex_);
  for (const schema::Column& column : columns) {
    if (column.id == schema::kTimeColumnId) continue;
    MAGNETITE_TRY(schema_, schema_->with(column));
  }
  sort_key_ = std::move(sort_key);
  return {};
}

chunk::SortKey Table::sort_key() const {
  const MutexLock lock(mutex_);
  return sort_key_;
}

chunk::SortKey Table::query_sort_key() const {
  const MutexLock lock(mutex_);
  chunk::SortKey key = sort_key_;
  for (const model::ColumnId tag : schema_->tags_by_name())
    if (!std::ranges::contains(key.tags, tag)) key.tags.push_back(tag);
  return key;
}

}  // namespace magnetite::database
