#include "catalog/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "object_store/object_path.h"

namespace magnetite::catalog {
namespace {

std::unexpected<Error> refuse(std::string text) { return fail(ErrorCode::kInvalidInput, std::move(text)); }

// Merges what was edited into a sorted list of what was not.
template <class Item, class Name>
void merge_edited(std::vector<std::shared_ptr<const Item>>& into, std::vector<std::shared_ptr<const Item>> edited,
                  Name name) {
  std::vector<std::shared_ptr<const Item>> merged;
  merged.reserve(into.size() + edited.size());
  auto old = into.begin();
  for (auto& each : edited) {
    for (; old != into.end() && (*old).get()->*name < each.get()->*name; ++old) merged.push_back(std::move(*old));
    if (old != into.end() && (*old).get()->*name == each.get()->*name) ++old;
    merged.push_back(std::move(each));
  }
  merged.insert(merged.end(), std::move_iterator(old), std::move_iterator(into.end()));
  into = std::move(merged);
}

template <class Item, class Name>
const Item* find_named(const std::vector<std::shared_ptr<const Item>>& items, Name name, std::string_view wanted) {
  const auto found = std::ranges::lower_bound(items, wanted, std::less<>(),
                                              [&](const auto& item) { return std::string_view(item.get()->*name); });
  return found != items.end() && (*found).get()->*name == wanted ? found->get() : nullptr;
}

Result<> check(const AddFile& action) {
  const FileEntry& file = action.file;
  if (auto path = object_store::ObjectPath::parse(file.path); !path || path->parts().empty())
    return refuse(fmt::format("'{}' is no object path", file.path));
  if (action.table.empty()) return refuse("a file without a table");
  if (file.row_count == 0 || file.size_bytes == 0 || file.times.empty())
    return refuse(fmt::format("the file {} is said to be empty", file.path));
  if (file.first_series.size() > kSeriesKeyBytesMax || file.last_series.size() > kSeriesKeyBytesMax)
    return refuse(fmt::format("the series range of {} is longer than {} bytes", file.path, kSeriesKeyBytesMax));
  return {};
}

}  // namespace

const Partition* Table::find(std::string_view key) const { return find_named(partitions, &Partition::key, key); }
const Table* State::find(std::string_view table) const { return find_named(tables, &Table::name, table); }

struct StateEditor::EditedTable {
  Table table;
  std::map<std::string, Partition, std::less<>> partitions;  // instead of those of the same key in `table`
};

StateEditor::StateEditor(std::shared_ptr<const State> base)
    : base_(std::move(base)), file_count_(base_->file_count), log_(base_->log), checkpoint_(base_->checkpoint) {}
StateEditor::~StateEditor() = default;

StateEditor::EditedTable& StateEditor::table(std::string_view name) {
  if (const auto found = tables_.find(name); found != tables_.end()) return found->second;
  EditedTable edited;
  if (const Table* known = base_->find(name))
    edited.table = *known;
  else
    edited.table.name = name;
  return tables_.emplace(name, std::move(edited)).first->second;
}

Partition& StateEditor::partition(std::string_view table_name, std::string_view key) {
  EditedTable& edited = table(table_name);
  if (const auto found = edited.partitions.find(key); found != edited.partitions.end()) return found->second;
  Partition partition;
  if (const Partition* known = edited.table.find(key))
    partition = *known;
  else
    partition.key = key;
  return edited.partitions.emplace(key, std::move(partition)).first->second;
}

Result<> StateEditor::apply(const Transaction& transaction) {
  for (const Action& action : transaction.actions)
    MAGNETITE_RETURN_IF_ERROR(std::visit([&](const auto& each) { return apply(each); }, action));
  if (!transaction.checkpoint) return {};
  if (!log_ || transaction.checkpoint->log_id != log_->log_id)
    return refuse("the database's checkpoint belongs to a log that was not started");
  checkpoint_ = persistence::fold(std::move(checkpoint_), *transaction.checkpoint).checkpoint;
  return {};
}

Result<> StateEditor::apply(const AddFile& action) {
  MAGNETITE_RETURN_IF_ERROR(check(action));
  Partition& to = partition(action.table, action.partition_key);
  if (std::ranges::contains(to.files, action.file.path, &FileEntry::path))
    return refuse(fmt::format("the file {} is in the catalog already", action.file.path));
  auto file = std::make_shared<const FileEntry>(action.file);
  const auto place =
      std::ranges::upper_bound(to.files, std::tie(file->order, file->path), std::less<>(),
                               [](const FilePointer& each) { return std::tie(each->order, each->path); });
  to.files.insert(place, file);
  to.chunk_max = std::max(to.chunk_max, file->chunk);
  to.order_max = std::max(to.order_max, file->order);
  ++file_count_;
  added_.push_back(std::move(file));
  return {};
}

Result<> StateEditor::apply(const RemoveFile& action) {
  Partition& from = partition(action.table, action.partition_key);
  const auto found = std::ranges::find(from.files, action.path, &FileEntry::path);
  if (found == from.files.end()) return refuse(fmt::format("the file {} is not in the catalog", action.path));
  removed_.push_back(std::move(*found));
  from.files.erase(found);
  --file_count_;
  return {};
}

Result<> StateEditor::apply(const AdvancePartition& action) {
  const auto& checkpoint = action.checkpoint;
  if (checkpoint.table.empty()) return refuse("a checkpoint without a table");
  if (!log_ || checkpoint.log_id != log_->log_id)
    return refuse(fmt::format("the checkpoint of table '{}', partition '{}' belongs to a log that was not started",
                              checkpoint.table, checkpoint.partition_key));
  auto& kept = partition(checkpoint.table, checkpoint.partition_key).checkpoint;
  if (kept && kept->log_id == checkpoint.log_id) {
    const auto order = persistence::compare(checkpoint, *kept);
    if (order == std::partial_ordering::unordered)
      return refuse(fmt::format("two checkpoints of table '{}', partition '{}' contradict each other", checkpoint.table,
                                checkpoint.partition_key));
    if (order == std::partial_ordering::less) return {};  // an older one that came later says nothing new
  }
  kept = checkpoint;
  return {};
}

Result<> StateEditor::apply(const StartLog& action) {
  if (action.sequencers == 0) return refuse("a log without sequencers");
  if (log_ && log_->log_id == action.log_id) return refuse("the log was started already");
  log_ = action;
  checkpoint_ = {action.log_id, {}};
  return {};
}

Result<> StateEditor::apply(const AddColumns& action) {
  if (action.table.empty()) return refuse("columns without a table");
  auto& columns = table(action.table).table.columns;
  for (const Column& column : action.columns) {
    if (column.id.value == 0 || column.name.empty() || column.type == model::ColumnType::kTime)
      return refuse(fmt::format("'{}' cannot be a column of table '{}'", column.name, action.table));
    const auto place = std::ranges::lower_bound(columns, column.id, {}, &Column::id);
    if (place != columns.end() && *place == column) continue;
    if ((place != columns.end() && place->id == column.id) ||
        std::ranges::contains(columns, column.name, &Column::name))
      return refuse(
          fmt::format("column '{}' of table '{}' is known with another id, name or type", column.name, action.table));
    columns.insert(place, column);
  }
  return {};
}

Result<> StateEditor::apply(const SetSortKey& action) {
  Table& edited = table(action.table).table;
  for (size_t i = 0; i < action.tags.size(); ++i) {
    const auto column = std::ranges::lower_bound(edited.columns, action.tags[i], {}, &Column::id);
    if (column == edited.columns.end() || column->id != action.tags[i] || column->type != model::ColumnType::kTag ||
        std::ranges::contains(action.tags.begin(), action.tags.begin() + static_cast<std::ptrdiff_t>(i),
                              action.tags[i]))
      return refuse(fmt::format("the sort key of table '{}' names column {}", action.table, action.tags[i].value));
  }
  if (edited.sort_key && !std::ranges::starts_with(action.tags, *edited.sort_key))
    return refuse(fmt::format("the sort key of table '{}' can only grow", action.table));
  edited.sort_key = action.tags;
  return {};
}

std::shared_ptr<const State> StateEditor::finish(uint64_t revision, model::Uuid transaction) && {
  auto state = std::make_shared<State>();
  state->database = base_->database;
  state->revision = revision;
  state->transaction = transaction;
  state->file_count = file_count_;
  state->log = log_;
  state->checkpoint = std::move(checkpoint_);
  state->tables = base_->tables;
  std::vector<std::shared_ptr<const Table>> edited_tables;
  for (auto& [name, edited] : tables_) {
    std::vector<std::shared_ptr<const Partition>> edited_partitions;
    for (auto& [key, partition] : edited.partitions)
      edited_partitions.push_back(std::make_shared<const Partition>(std::move(partition)));
    merge_edited(edited.table.partitions, std::move(edited_partitions), &Partition::key);
    edited_tables.push_back(std::make_shared<const Table>(std::move(edited.table)));
  }
  merge_edited(state->tables, std::move(edited_tables), &Table::name);
  return state;
}

}  // namespace magnetite::catalog
