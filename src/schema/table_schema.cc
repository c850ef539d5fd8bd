#include "schema/table_schema.h"

#include <fmt/format.h>

#include <algorithm>

namespace magnetite::schema {

TableSchema::TableSchema(std::string table) : table_(std::move(table)) {
  columns_.push_back({kTimeColumnId, std::string(kTimeColumn), model::ColumnType::kTime});
  by_name_.emplace(kTimeColumn, kTimeColumnId.value);
}

const Column* TableSchema::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &columns_[found->second];
}

std::vector<model::ColumnId> TableSchema::tags_by_name() const {
  std::vector<model::ColumnId> tags = columns_by_name();
  std::erase_if(tags, [&](model::ColumnId id) { return column(id).type != model::ColumnType::kTag; });
  return tags;
}

std::vector<model::ColumnId> TableSchema::columns_by_name() const {
  std::vector<model::ColumnId> ids;
  for (const Column& each : columns_)
    if (!each.is_vacant()) ids.push_back(each.id);
  std::ranges::sort(ids, {}, [&](model::ColumnId id) -> const std::string& { return column(id).name; });
  return ids;
}

Result<std::shared_ptr<const TableSchema>> TableSchema::extend(std::span<const ColumnWish> wishes,
                                                               size_t columns_max) const {
  auto extended = std::make_shared<TableSchema>(*this);
  for (const ColumnWish& wish : wishes) {
    if (const Column* known = extended->find(wish.name)) {
      if (known->type == wish.type) continue;
      return fail(ErrorCode::kInvalidInput, fmt::format("column '{}' of table '{}' is of type {}, not {}", wish.name,
                                                        table_, to_string(known->type), to_string(wish.type)));
    }
    if (extended->columns_.size() >= columns_max)
      return fail(
          ErrorCode::kLimitExceeded,
          fmt::format("table '{}' has {} columns, the most allowed (--columns-per-table-max)", table_, columns_max));
    const model::ColumnId id{static_cast<uint32_t>(extended->columns_.size())};
    extended->columns_.push_back({id, wish.name, wish.type});
    extended->by_name_.emplace(wish.name, id.value);
  }
  return extended;
}

Result<std::shared_ptr<const TableSchema>> TableSchema::with(Column column) const {
  const auto contradiction = [&](std::string_view what) {
    return fail(ErrorCode::kCorruption, fmt::format("column {} '{}' ({}) of table '{}': {}", column.id.value,
                                                    column.name, to_string(column.type), table_, what));
  };
  if (column.name.empty()) return contradiction("it has no name");
  if (column.id.value < columns_.size() && columns_[column.id.value] == column)
    return std::make_shared<TableSchema>(*this);
  if (const Column* known = find(column.name))
    return contradiction(fmt::format("column {} has that name", known->id.value));
  auto grown = std::make_shared<TableSchema>(*this);
  std::vector<Column>& columns = grown->columns_;
  while (columns.size() <= column.id.value)
    columns.push_back({{static_cast<uint32_t>(columns.size())}, "", model::ColumnType::kString});
  Column& place = columns[column.id.value];
  if (!place.is_vacant()) return contradiction(fmt::format("known as '{}' ({})", place.name, to_string(place.type)));
  grown->by_name_.emplace(column.name, column.id.value);
  place = std::move(column);
  return grown;
}

}  // namespace magnetite::schema
