#include "catalog/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>

#include "persistence/checkpoint_codec.h"

namespace magnetite::catalog {
namespace {

// Calls visit(ObjectInfo) for everything below a folder.
template <class Visit>
Result<> for_each_object(object_store::ObjectStore& store, const ObjectPath& folder, Visit visit) {
  object_store::ListRequest request;
  request.folder = folder;
  request.deep = true;
  do {
    MAGNETITE_TRY(object_store::ListPage page, store.list_page(request));
    for (object_store::ObjectInfo& info : page.objects) visit(std::move(info));
    request.after = std::move(page.next);
  } while (!request.after.empty());
  return {};
}

Problem damage(const std::string& object, const Error& error) {
  return {error.code() == ErrorCode::kFailedPrecondition ? ProblemKind::kUnknownVersion : ProblemKind::kDamaged,
          error.code(), object, error.message()};
}

void decode_into(DumpedObject& dumped, std::span<const std::byte> bytes) {
  auto header = decode_header(bytes);
  if (!header) {
    dumped.problem = damage(dumped.object, header.error());
    return;
  }
  dumped.header = *header;
  if (header->kind == RecordKind::kTransaction) {
    auto transaction = decode_transaction(bytes);
    if (transaction)
      dumped.transaction = *std::move(transaction);
    else
      dumped.problem = damage(dumped.object, transaction.error());
    return;
  }
  auto checkpoint = decode_checkpoint(bytes);
  if (checkpoint)
    dumped.checkpoint = *std::move(checkpoint);
  else
    dumped.problem = damage(dumped.object, checkpoint.error());
}

std::string to_text(const FileEntry& file) {
  return fmt::format("{} chunk {} order {} rows {} bytes {} time {}..{}", file.path, file.chunk.value, file.order.value,
                     file.row_count, file.size_bytes, file.times.min, file.times.max);
}

struct ActionText {
  std::string operator()(const AddFile& action) const {
    return fmt::format("add table '{}' partition '{}' {}", action.table, action.partition_key, to_text(action.file));
  }
  std::string operator()(const RemoveFile& action) const {
    return fmt::format("remove table '{}' partition '{}' {}", action.table, action.partition_key, action.path);
  }
  std::string operator()(const AdvancePartition& action) const {
    return fmt::format("checkpoint table '{}' partition '{}' {}", action.checkpoint.table,
                       action.checkpoint.partition_key, persistence::encode(action.checkpoint));
  }
  std::string operator()(const StartLog& action) const {
    return fmt::format("log {} with {} sequencers", action.log_id.text(), action.sequencers);
  }
  std::string operator()(const AddColumns& action) const {
    std::string text = fmt::format("columns table '{}'", action.table);
    for (const Column& column : action.columns)
      text += fmt::format(" {}:'{}' {}", column.id.value, column.name, to_string(column.type));
    return text;
  }
  std::string operator()(const SetSortKey& action) const {
    std::string text = fmt::format("sort key table '{}'", action.table);
    for (const model::ColumnId id : action.tags) text += fmt::format(" {}", id.value);
    return text;
  }
};

// The state as the actions that would make it.
std::string state_lines(const State& state) {
  std::string text;
  const auto line = [&](const Action& action) { text += "  " + to_text(action) + "\n"; };
  if (state.log) {
    line(*state.log);
    text += fmt::format("  database checkpoint {}\n", persistence::encode(state.checkpoint));
  }
  for (const auto& table : state.tables) {
    line(AddColumns{table->name, table->columns});
    if (table->sort_key) line(SetSortKey{table->name, *table->sort_key});
    for (const auto& partition : table->partitions) {
      if (partition->checkpoint) line(AdvancePartition{*partition->checkpoint});
      for (const FilePointer& file : partition->files) line(AddFile{table->name, partition->key, *file});
    }
  }
  return text;
}

}  // namespace

std::string to_text(const Action& action) { return std::visit(ActionText{}, action); }

Result<std::vector<DumpedObject>> dump(object_store::ObjectStore& store, const ObjectPath& database_folder,
                                       const model::Uuid& database) {
  std::vector<object_store::ObjectInfo> infos;
  MAGNETITE_RETURN_IF_ERROR(for_each_object(store, database_folder / "catalog",
                                            [&](object_store::ObjectInfo info) { infos.push_back(std::move(info)); }));
  std::vector<DumpedObject> objects;
  for (const object_store::ObjectInfo& info : infos) {
    DumpedObject dumped;
    dumped.object = info.path.text();
    dumped.size_bytes = info.size_bytes;
    auto bytes = store.get(info.path);
    if (!bytes && bytes.error().code() == ErrorCode::kNotFound) continue;  // pruned meanwhile
    if (!bytes) return std::unexpected(std::move(bytes).error());
    decode_into(dumped, *bytes);
    if (dumped.header && !dumped.problem) {
      const bool is_transaction = dumped.header->kind == RecordKind::kTransaction;
      const ObjectPath place = is_transaction ? transaction_path(database_folder, dumped.header->revision)
                                              : checkpoint_path(database_folder, dumped.header->revision);
      if (place != info.path || dumped.header->database != database)
        dumped.problem = Problem{
            ProblemKind::kWrongPlace, ErrorCode::kCorruption, dumped.object,
            fmt::format("it is revision {} of database {}", dumped.header->revision, dumped.header->database.text())};
    }
    objects.push_back(std::move(dumped));
  }
  return objects;
}

std::string to_text(const DumpedObject& object) {
  std::string text = fmt::format("{} ({} bytes)\n", object.object, object.size_bytes);
  if (object.header)
    text += fmt::format("  {} {} {} follows {} writer {} at {} ns\n",
                        object.header->kind == RecordKind::kTransaction ? "transaction" : "checkpoint",
                        object.header->revision, object.header->transaction.text(), object.header->previous.text(),
                        object.header->writer.text(), object.header->written_at.nanos);
  if (object.problem) text += fmt::format("  PROBLEM {}: {}\n", to_string(object.problem->kind), object.problem->what);
  if (object.transaction) {
    for (const Action& action : object.transaction->actions) text += "  " + to_text(action) + "\n";
    if (object.transaction->checkpoint)
      text += fmt::format("  database checkpoint {}\n", persistence::encode(*object.transaction->checkpoint));
  }
  if (object.checkpoint) text += state_lines(*object.checkpoint);
  return text;
}

Result<VerifyReport> verify(object_store::ObjectStore& store, Executor& executor, const ObjectPath& database_folder,
                            const model::Uuid& database) {
  VerifyReport report;
  auto loaded = load_catalog(store, executor, database_folder, database);
  if (!loaded) {
    if (loaded.error().kind == ProblemKind::kStore) return std::unexpected(loaded.error().to_error());
    report.catalog = std::move(loaded).error();
    return report;
  }
  std::unordered_map<std::string, uint64_t> sizes;
  MAGNETITE_RETURN_IF_ERROR(
      for_each_object(store, data_folder(database_folder), [&](const object_store::ObjectInfo& info) {
        if (auto path = file_path_of(database_folder, info.path)) sizes.emplace(*std::move(path), info.size_bytes);
      }));
  report.passed_over = std::move(loaded->passed_over);
  report.revision = loaded->state->revision;
  std::map<std::string_view, int> named;
  for_each_file(*loaded->state, [&](const Table&, const Partition&, const FilePointer& file) {
    ++report.files;
    if (++named[file->path] == 2) report.twice.push_back(file->path);
    const auto found = sizes.find(file->path);
    if (found == sizes.end())
      report.missing.push_back(file->path);
    else if (found->second != file->size_bytes)
      report.wrong_size.push_back({file->path, file->size_bytes, found->second});
  });
  for (const auto& [path, size] : sizes)
    if (!named.contains(path)) report.unreferenced.push_back(path);
  std::ranges::sort(report.unreferenced);
  return report;
}

std::string to_text(const VerifyReport& report) {
  if (report.catalog) return fmt::format("{}\n", report.catalog->to_error().message());
  std::string text = fmt::format("revision {}, {} files: {}\n", report.revision, report.files,
                                 report.is_sound() ? "sound" : "NOT SOUND");
  for (const Problem& problem : report.passed_over) text += fmt::format("unreadable checkpoint: {}\n", problem.text());
  for (const std::string& path : report.missing) text += fmt::format("missing: {}\n", path);
  for (const auto& each : report.wrong_size)
    text +=
        fmt::format("wrong size: {} has {} bytes, should have {}\n", each.path, each.actual_bytes, each.expected_bytes);
  for (const std::string& path : report.twice) text += fmt::format("named twice: {}\n", path);
  for (const std::string& path : report.unreferenced) text += fmt::format("unreferenced: {}\n", path);
  return text;
}

}  // namespace magnetite::catalog
