#include "catalog/layout.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>

namespace magnetite::catalog {
namespace {

constexpr size_t kRevisionDigits = 20;
// File systems allow 255 bytes a name, and each of these may become three.
constexpr size_t kNameBytesMax = 60;

std::string revision_name(uint64_t revision) { return fmt::format("{:0{}}", revision, kRevisionDigits); }

std::optional<uint64_t> revision_of(std::string_view name) {
  uint64_t revision = 0;
  const char* end = name.data() + name.size();
  if (name.size() != kRevisionDigits || std::from_chars(name.data(), end, revision).ptr != end ||
      revision == UINT64_MAX || revision_name(revision) != name)
    return std::nullopt;
  return revision;
}

std::string short_name(std::string_view name) {
  if (name.empty()) return "_";
  if (name.size() <= kNameBytesMax) return std::string(name);
  return fmt::format("{}~{:016x}", name.substr(0, kNameBytesMax), XXH3_64bits(name.data(), name.size()));
}

Result<std::vector<uint64_t>> list_revisions(object_store::ObjectStore& store, const ObjectPath& folder) {
  MAGNETITE_TRY(const object_store::FolderListing listing, store.list_folder(folder));
  std::vector<uint64_t> revisions;
  for (const ObjectPath& object : listing.objects)
    if (const auto revision = revision_of(object.parts().back())) revisions.push_back(*revision);
  std::ranges::sort(revisions);
  return revisions;
}

}  // namespace

ObjectPath transactions_folder(const ObjectPath& database_folder) {
  return database_folder / "catalog" / "transactions";
}
ObjectPath checkpoints_folder(const ObjectPath& database_folder) { return database_folder / "catalog" / "checkpoints"; }
ObjectPath transaction_path(const ObjectPath& database_folder, uint64_t revision) {
  return transactions_folder(database_folder) / revision_name(revision);
}
ObjectPath checkpoint_path(const ObjectPath& database_folder, uint64_t revision) {
  return checkpoints_folder(database_folder) / revision_name(revision);
}
ObjectPath data_folder(const ObjectPath& database_folder) { return database_folder / "data"; }

std::string new_file_path(std::string_view table, std::string_view partition_key, model::ChunkId chunk) {
  return (data_folder({}) / short_name(table) / short_name(partition_key) /
          fmt::format("{}.{}.parquet", chunk.value, model::Uuid::random().text()))
      .text();
}

Result<ObjectPath> file_object(const ObjectPath& database_folder, std::string_view file_path) {
  auto below = ObjectPath::parse(file_path);
  if (!below || below->parts().empty())
    return fail(ErrorCode::kCorruption, fmt::format("'{}' in the catalog is no object path", file_path));
  std::vector<std::string> parts = database_folder.parts();
  parts.insert(parts.end(), below->parts().begin(), below->parts().end());
  return ObjectPath(std::move(parts));
}

std::optional<std::string> file_path_of(const ObjectPath& database_folder, const ObjectPath& object) {
  if (!object.is_below(database_folder)) return std::nullopt;
  const auto first = object.parts().begin() + static_cast<std::ptrdiff_t>(database_folder.parts().size());
  return ObjectPath({first, object.parts().end()}).text();
}

// Transactions first: one that is pruned meanwhile has a checkpoint that the second listing shows.
Result<Listing> list_catalog(object_store::ObjectStore& store, const ObjectPath& database_folder) {
  Listing listing;
  MAGNETITE_TRY(listing.transactions, list_revisions(store, transactions_folder(database_folder)));
  MAGNETITE_TRY(listing.checkpoints, list_revisions(store, checkpoints_folder(database_folder)));
  return listing;
}

}  // namespace magnetite::catalog
