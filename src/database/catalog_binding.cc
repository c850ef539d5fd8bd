#include "database/catalog_binding.h"

#include <fmt/format.h>

#include "base/logging.h"
#include "base/planted_bug.h"
#include "catalog/cleanup.h"
#include "catalog/layout.h"

namespace magnetite::database {
namespace {

class ReservedName final : public FileName {
 public:
  explicit ReservedName(catalog::FileReservation reservation) : reservation_(std::move(reservation)) {}
  const std::string& text() const override { return reservation_.path(); }

 private:
  const catalog::FileReservation reservation_;
};

catalog::FileEntry entry_of(const NewFile& file) {
  catalog::FileEntry entry;
  entry.path = file.name;
  entry.chunk = file.chunk;
  entry.order = file.order;
  entry.row_count = file.facts.rows;
  entry.size_bytes = file.facts.bytes;
  entry.times = file.facts.times;
  entry.checksum = file.facts.checksum;
  return entry;
}

}  // namespace

Result<> CatalogBinding::create(uint64_t transactions_until_checkpoint) {
  catalog::CatalogOptions options;
  options.transactions_until_checkpoint = transactions_until_checkpoint;
  MAGNETITE_TRY(catalog_, catalog::Catalog::create(place_, options));
  return {};
}

Result<> CatalogBinding::load(uint64_t transactions_until_checkpoint) {
  catalog::CatalogOptions options;
  options.transactions_until_checkpoint = transactions_until_checkpoint;
  auto opened = catalog::Catalog::open(place_, options);
  if (!opened && opened.error().code() == ErrorCode::kNotFound) {
    // The database was being created when its server stopped: nothing of it is there. With files it would be a loss.
    MAGNETITE_TRY(const object_store::FolderListing data,
                  place_.store.list_folder(catalog::data_folder(place_.database_folder)));
    if (data.objects.empty() && data.folders.empty()) return create(transactions_until_checkpoint);
  }
  if (!opened) return std::unexpected(std::move(opened).error());
  catalog_ = *std::move(opened);
  for (const catalog::Problem& problem : catalog_->passed_over())
    log::warn("a checkpoint of the catalog was passed over", {{"problem", problem.text()}});
  return {};
}

Result<> CatalogBinding::start_log(bool accept_another) {
  const auto known = state()->log;
  if (known && known->log_id == log_.id()) return {};
  if (known && log_.use() != write_buffer::LogUse::kOwn && !accept_another)
    return fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("this is another log ({}) than the one this database had ({}): its topic or stream was made "
                    "anew, or the rules name another one. Bring the old one back, or start with "
                    "--accept-log-loss to go on with this one without what was not persisted",
                    log_.id().text(), known->log_id.text()));
  if (known)
    log::warn("this is another log than the catalog knows: what it had not persisted is not here",
              {{"known", known->log_id.text()}, {"found", log_.id().text()}});
  const catalog::StartLog start{log_.id(), static_cast<uint32_t>(log_.sequencer_ids().size())};
  MAGNETITE_RETURN_IF_ERROR(catalog_->commit({{start}}));
  return {};
}

Result<> CatalogBinding::check_owned() const {
  const catalog::CatalogStatus now = catalog_->status();
  if (now.condition != catalog::CatalogCondition::kFenced) return {};
  return fail(ErrorCode::kFailedPrecondition,
              fmt::format("another server has taken over this database ({}): stop one of the two, each needs a "
                          "--server-id or a store of its own, then restart the other",
                          now.detail));
}

std::unique_ptr<FileName> CatalogBinding::new_file(const model::ChunkAddress& address) {
  return std::make_unique<ReservedName>(
      catalog_->reserve(catalog::new_file_path(address.table, address.partition_key, address.chunk)));
}

void CatalogBinding::add_schemas(std::vector<catalog::Action>& actions) const {
  const std::shared_ptr<const catalog::State> known = state();
  for (const std::shared_ptr<Table>& table : tables_.all()) {
    const auto schema = table->schema();
    const catalog::Table* recorded = known->find(schema->table());
    const size_t columns_recorded = recorded == nullptr ? 0 : recorded->columns.size();
    if (columns_recorded + 1 < schema->columns_by_name().size()) {  // without `time`
      catalog::AddColumns add{schema->table(), {}};
      for (const schema::Column& column : schema->columns())
        if (column.id != schema::kTimeColumnId && !column.is_vacant())
          add.columns.push_back({column.id, column.name, column.type});
      actions.emplace_back(std::move(add));
    }
    const chunk::SortKey key = table->sort_key();
    const bool key_recorded = recorded != nullptr && recorded->sort_key == key.tags;
    if (!key_recorded && !key.tags.empty()) actions.emplace_back(catalog::SetSortKey{schema->table(), key.tags});
  }
}

catalog::Transaction CatalogBinding::transaction_of(const PersistedChange& change) const {
  catalog::Transaction transaction;
  // Records that declare columns may be trimmed after this: every column known by now goes along.
  add_schemas(transaction.actions);
  const std::string& table = change.partition->table();
  const std::string& key = change.partition->key();
  for (const std::string& name : change.removed)
    transaction.actions.emplace_back(catalog::RemoveFile{table, key, name});
  if (change.added != nullptr) transaction.actions.emplace_back(catalog::AddFile{table, key, entry_of(*change.added)});
  if (change.partition_checkpoint != nullptr)
    transaction.actions.emplace_back(catalog::AdvancePartition{*change.partition_checkpoint});
  if (change.cut) transaction.checkpoint = change.cut();
  return transaction;
}

Result<> CatalogBinding::commit(const PersistedChange& change) {
  const MutexLock lock(turn_);
  MAGNETITE_TRY(const catalog::CommitReceipt receipt, catalog_->commit(transaction_of(change)));
  if (change.publish)
    change.publish(receipt.added.empty() ? nullptr : std::shared_ptr<const void>(receipt.added.front()));
  trim_log(receipt.state->checkpoint);
  if (receipt.checkpoint_due) {
    if (auto written = catalog_->write_checkpoint(); !written)  // harmless: the next commit tries again
      log::warn("a checkpoint of the catalog could not be written", {{"error", written.error().describe()}});
  }
  return {};
}

void CatalogBinding::trim_log(const persistence::DatabaseCheckpoint& persisted) {
  if (log_.writer() == nullptr || persisted.log_id != log_.id()) return;
  for (const auto& [sequencer, range] : persisted.ranges) {
    const persistence::FirstUnpersisted first = range.first_unpersisted();
    if (first.after_all_numbers) continue;
    const uint64_t too_far = planted(PlantedBug::kTrimTooFar) ? 1'000'000 : 0;
    if (auto trimmed = log_.writer()->trim(sequencer, {first.number.value + too_far}); !trimmed)
      log::warn("the log could not be trimmed", {{"error", trimmed.error().describe()}});
  }
}

Result<> CatalogBinding::clean_up() {
  MAGNETITE_TRY(const catalog::CleanupReport report, catalog::run_cleanup_once(*catalog_));
  if (report.removed != 0) log::info("unreferenced files were removed", {{"files", std::to_string(report.removed)}});
  return {};
}

void CatalogBinding::stop() {
  if (catalog_ != nullptr) catalog_->stop();
}

}  // namespace magnetite::database
