#include "catalog/rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "catalog/layout.h"

namespace magnetite::catalog {
namespace {

constexpr size_t kFilesPerTransaction = 5'000;

using persistence::PartitionCheckpoint;

// What files say of their tables and partitions, put together.
struct Gathered {
  std::vector<AddFile> files;
  std::map<std::string, std::map<uint32_t, Column>> columns;                      // by table, id
  std::map<std::string, std::vector<model::ColumnId>> sort_keys;                  // the longest
  std::map<std::pair<std::string, std::string>, PartitionCheckpoint> partitions;  // the newest
  std::optional<persistence::DatabaseCheckpoint> database;
};

void gather(Gathered& all, FoundFile found, const std::optional<StartLog>& log) {
  for (Column& column : found.columns) all.columns[found.add.table].try_emplace(column.id.value, std::move(column));
  auto& sort_key = all.sort_keys[found.add.table];
  if (found.sort_key.size() > sort_key.size()) sort_key = std::move(found.sort_key);
  if (log && found.partition_checkpoint && found.partition_checkpoint->log_id == log->log_id) {
    auto& checkpoint = *found.partition_checkpoint;
    const auto [place, added] = all.partitions.try_emplace({checkpoint.table, checkpoint.partition_key}, checkpoint);
    if (!added && persistence::compare(checkpoint, place->second) == std::partial_ordering::greater)
      place->second = std::move(checkpoint);
  }
  if (log && found.database_checkpoint && found.database_checkpoint->log_id == log->log_id) {
    if (!all.database) all.database = persistence::DatabaseCheckpoint{log->log_id, {}};
    all.database = persistence::fold(*std::move(all.database), *found.database_checkpoint).checkpoint;
  }
  all.files.push_back(std::move(found.add));
}

// Tables first, then files in portions, at the end the checkpoints: they must not run ahead of the files.
std::vector<Transaction> transactions_of(Gathered all, const std::optional<StartLog>& log) {
  std::vector<Transaction> transactions(1);
  if (log) transactions.back().actions.emplace_back(*log);
  for (auto& [table, columns] : all.columns) {
    AddColumns action{table, {}};
    for (auto& [id, column] : columns) action.columns.push_back(std::move(column));
    transactions.back().actions.emplace_back(std::move(action));
  }
  for (auto& [table, tags] : all.sort_keys)
    transactions.back().actions.emplace_back(SetSortKey{table, std::move(tags)});
  size_t files = 0;
  for (AddFile& file : all.files) {
    if (files++ % kFilesPerTransaction == 0) transactions.emplace_back();
    transactions.back().actions.emplace_back(std::move(file));
  }
  transactions.emplace_back();
  for (auto& [name, checkpoint] : all.partitions)
    transactions.back().actions.emplace_back(AdvancePartition{std::move(checkpoint)});
  transactions.back().checkpoint = std::move(all.database);
  return transactions;
}

}  // namespace

Result<uint64_t> set_catalog_aside(object_store::ObjectStore& store, const ObjectPath& database_folder) {
  const ObjectPath from = database_folder / "catalog";
  const ObjectPath to = database_folder / "catalog-set-aside" / model::Uuid::random().text();
  MAGNETITE_TRY(const std::vector<ObjectPath> objects, store.list(from));
  for (const ObjectPath& object : objects) {
    MAGNETITE_TRY(const object_store::Bytes bytes, store.get(object));
    ObjectPath copy = to;
    for (size_t i = from.parts().size(); i < object.parts().size(); ++i) copy = copy / object.parts()[i];
    MAGNETITE_RETURN_IF_ERROR(store.put(copy, bytes));
  }
  for (const ObjectPath& object : objects) MAGNETITE_RETURN_IF_ERROR(store.remove(object));
  return objects.size();
}

Result<RebuildReport> rebuild(const CatalogPlace& place, const FileReader& reader, const RebuildOptions& options) {
  MAGNETITE_TRY(const Listing listing, list_catalog(place.store, place.database_folder));
  if (!listing.empty())
    return fail(ErrorCode::kAlreadyExists,
                fmt::format("there is a catalog in {}: set it aside first", place.database_folder.text()));
  RebuildReport report;
  Gathered all;
  MAGNETITE_TRY(const std::vector<ObjectPath> objects, place.store.list(data_folder(place.database_folder)));
  for (const ObjectPath& object : objects) {
    if (!object.parts().back().ends_with(".parquet")) continue;
    auto found = reader(object);
    if (!found) {
      Problem problem{ProblemKind::kDamaged, found.error().code(), object.text(), found.error().message()};
      if (!options.pass_over_unreadable_files || found.error().is_retryable())
        return std::unexpected(std::move(found).error().with_context(fmt::format("read {}", problem.object)));
      report.passed_over.push_back(std::move(problem));
      continue;
    }
    found->add.file.path = file_path_of(place.database_folder, object).value_or(std::string());
    gather(all, *std::move(found), options.log);
  }
  report.files = all.files.size();

  MAGNETITE_TRY(const std::unique_ptr<Catalog> catalog, Catalog::create(place));
  for (const Transaction& transaction : transactions_of(std::move(all), options.log))
    if (auto committed = catalog->commit(transaction); !committed) return std::unexpected(std::move(committed).error());
  MAGNETITE_RETURN_IF_ERROR(catalog->write_checkpoint());
  return report;
}

}  // namespace magnetite::catalog
