#include "base/sim/disk_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/check.h"

namespace magnetite::sim {
namespace {

constexpr size_t kUnlinkedBeforeCollection = 256;

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts;
  for (const auto part : std::views::split(path, '/')) {
    const std::string_view name(part.begin(), part.end());
    if (!name.empty() && name != ".") parts.emplace_back(name);
  }
  return parts;
}

std::unexpected<Error> no_entry(const std::string& path) {
  return fail(ErrorCode::kNotFound, fmt::format("{}: no such file or directory", path));
}

}  // namespace

DiskImage::DiskImage() {
  inodes_[kRoot] = std::make_shared<Inode>();
  inodes_[kRoot]->is_directory = true;
  inodes_[kRoot]->links = 1;
}

DiskImage::Inode& DiskImage::edit(InodeId id) {
  std::shared_ptr<Inode>& found = inodes_.at(id);
  if (found.use_count() > 1) found = std::make_shared<Inode>(*found);
  return *found;
}

DiskImage::InodeId DiskImage::add_inode(bool is_directory) {
  const InodeId id = next_id_++;
  inodes_[id] = std::make_shared<Inode>();
  inodes_[id]->is_directory = is_directory;
  inodes_[id]->modified = now_;
  return id;
}

Result<DiskImage::InodeId> DiskImage::find(const std::string& path) const {
  InodeId id = kRoot;
  for (const std::string& part : split(path)) {
    const auto found = inode(id).names.find(part);
    if (found == inode(id).names.end()) return no_entry(path);
    id = found->second;
  }
  return id;
}

Result<DiskImage::Place> DiskImage::find_place(const std::string& path) const {
  const std::vector<std::string> parts = split(path);
  if (parts.empty()) return fail(ErrorCode::kUnavailable, fmt::format("{}: not for the root", path));
  InodeId folder = kRoot;
  for (const std::string& part : parts | std::views::take(parts.size() - 1)) {
    const auto found = inode(folder).names.find(part);
    if (found == inode(folder).names.end()) return no_entry(path);
    folder = found->second;
  }
  if (!inode(folder).is_directory) return no_entry(path);
  Place place{folder, parts.back(), std::nullopt};
  if (const auto found = inode(folder).names.find(place.name); found != inode(folder).names.end())
    place.inode = found->second;
  return place;
}

Result<DiskImage::InodeId> DiskImage::find_file(const std::string& path) const {
  MAGNETITE_TRY(const InodeId id, find(path));
  if (inode(id).is_directory) return fail(ErrorCode::kUnavailable, fmt::format("{}: is a directory", path));
  return id;
}

bool DiskImage::exists(const std::string& path) const { return find(path).has_value(); }

void DiskImage::apply(const NameChange& change, Names& names) {
  if (!change.removed.empty()) names.erase(change.removed);
  if (!change.added.empty()) names[change.added] = change.inode;
}

void DiskImage::change_names(InodeId folder, NameChange change) {
  Inode& inode = edit(folder);
  apply(change, inode.names);
  inode.unsynced_names.push_back(std::move(change));
}

void DiskImage::unlink(InodeId id) {
  --edit(id).links;
  if (++unlinked_since_collection_ >= kUnlinkedBeforeCollection) collect_garbage();
}

Result<DiskImage::InodeId> DiskImage::create_file(const std::string& path, uint64_t change) {
  MAGNETITE_TRY(const Place place, find_place(path));
  if (place.inode) return fail(ErrorCode::kAlreadyExists, fmt::format("{}: file exists", path));
  const InodeId id = add_inode(false);
  edit(id).links = 1;
  change_names(place.folder, {.number = change, .added = place.name, .inode = id});
  return id;
}

Result<> DiskImage::create_directories(const std::string& path, uint64_t change) {
  std::string so_far;
  const std::vector<std::string> parts = split(path);
  for (size_t i = 0; i < parts.size(); ++i) {
    so_far += (i == 0 ? "" : "/") + parts[i];
    MAGNETITE_TRY(const Place place, find_place(so_far));
    if (place.inode && !inode(*place.inode).is_directory)
      return i + 1 == parts.size() ? fail(ErrorCode::kAlreadyExists, fmt::format("{}: file exists", path))
                                   : no_entry(path);
    if (!place.inode) {
      const InodeId id = add_inode(true);
      edit(id).links = 1;
      change_names(place.folder, {.number = change, .added = place.name, .inode = id});
    }
    if (!place.inode || i + 1 == parts.size()) sync_names(place.folder);
  }
  return {};
}

bool DiskImage::is_inside(InodeId folder, InodeId ancestor) const {
  if (folder == ancestor) return true;
  return std::ranges::any_of(inode(ancestor).names | std::views::values,
                             [&](InodeId child) { return inode(child).is_directory && is_inside(folder, child); });
}

Result<> DiskImage::rename(const std::string& from, const std::string& to, uint64_t change) {
  MAGNETITE_TRY(const Place source, find_place(from));
  if (!source.inode) return no_entry(from);
  MAGNETITE_TRY(const Place target, find_place(to));
  if (target.inode == source.inode) return {};
  const bool is_directory = inode(*source.inode).is_directory;
  if (is_directory && is_inside(target.folder, *source.inode))
    return fail(ErrorCode::kUnavailable, fmt::format("{}: lies inside {}", to, from));
  if (target.inode) {
    if (inode(*target.inode).is_directory != is_directory)
      return fail(ErrorCode::kUnavailable, fmt::format("{}: one is a directory, the other a file", to));
    if (!inode(*target.inode).names.empty())
      return fail(ErrorCode::kUnavailable, fmt::format("{}: directory not empty", to));
  }
  if (source.folder == target.folder) {
    change_names(source.folder,
                 {.number = change, .removed = source.name, .added = target.name, .inode = *source.inode});
  } else {
    change_names(target.folder, {.number = change, .added = target.name, .inode = *source.inode});
    change_names(source.folder, {.number = change, .removed = source.name, .moved_elsewhere = true});
  }
  if (target.inode) unlink(*target.inode);
  return {};
}

Result<> DiskImage::link(const std::string& from, const std::string& to, uint64_t change) {
  MAGNETITE_TRY(const InodeId id, find_file(from));
  MAGNETITE_TRY(const Place target, find_place(to));
  if (target.inode) return fail(ErrorCode::kAlreadyExists, fmt::format("{}: file exists", to));
  ++edit(id).links;
  change_names(target.folder, {.number = change, .added = target.name, .inode = id});
  return {};
}

Result<> DiskImage::remove(const std::string& path, uint64_t change) {
  MAGNETITE_TRY(const Place place, find_place(path));
  if (!place.inode) return no_entry(path);
  if (!inode(*place.inode).names.empty())
    return fail(ErrorCode::kUnavailable, fmt::format("{}: directory not empty", path));
  change_names(place.folder, {.number = change, .removed = place.name});
  unlink(*place.inode);
  return {};
}

void DiskImage::sync_names(InodeId folder) {
  Inode& inode = edit(folder);
  for (const NameChange& change : inode.unsynced_names) apply(change, inode.durable_names);
  inode.unsynced_names.clear();
}

Result<> DiskImage::sync_directory(const std::string& path) {
  MAGNETITE_TRY(const InodeId id, find(path));
  if (!inode(id).is_directory) return no_entry(path);
  sync_names(id);
  return {};
}

Result<std::vector<DirectoryEntry>> DiskImage::list(const std::string& path) const {
  MAGNETITE_TRY(const InodeId id, find(path));
  if (!inode(id).is_directory) return no_entry(path);
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, child] : inode(id).names)
    entries.push_back({name, inode(child).is_directory, inode(child).live.size(), inode(child).modified});
  return entries;
}

void DiskImage::apply(const Change& change, PagedBytes& bytes) {
  if (change.is_truncate)
    bytes.resize(change.offset);
  else
    bytes.write(change.offset, *change.bytes);
}

void DiskImage::write(InodeId id, uint64_t offset, std::span<const std::byte> bytes, uint64_t change) {
  if (bytes.empty()) return;
  Inode& inode = edit(id);
  auto copy = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
  inode.unsynced.push_back({.number = change, .offset = offset, .bytes = std::move(copy)});
  inode.modified = now_;
  apply(inode.unsynced.back(), inode.live);
}

void DiskImage::truncate(InodeId id, uint64_t size, uint64_t change) {
  Inode& inode = edit(id);
  inode.unsynced.push_back({.number = change, .is_truncate = true, .offset = size});
  inode.modified = now_;
  apply(inode.unsynced.back(), inode.live);
}

void DiskImage::sync(InodeId id) {
  Inode& inode = edit(id);
  // Not a copy of `live`: that may hold bytes which a failed sync has given up.
  for (const Change& change : inode.unsynced) apply(change, inode.durable);
  inode.unsynced.clear();
}

void DiskImage::forget_unsynced(InodeId id) { edit(id).unsynced.clear(); }

void DiskImage::closed(InodeId id) {
  MAGNETITE_CHECK(inode(id).opens > 0);
  --edit(id).opens;
}

void DiskImage::close_all() {
  for (const InodeId id : inodes_ | std::views::keys) {
    if (inode(id).opens > 0) edit(id).opens = 0;
  }
}

uint64_t DiskImage::used_bytes() const {
  uint64_t sum = 0;
  for (const auto& one : inodes_ | std::views::values) {
    if (one->links > 0 || one->opens > 0) sum += one->live.size();
  }
  return sum;
}

Result<PagedBytes> DiskImage::durable_bytes(const std::string& path) const {
  InodeId id = kRoot;
  for (const std::string& part : split(path)) {
    const auto found = inode(id).durable_names.find(part);
    if (found == inode(id).durable_names.end()) return no_entry(path);
    id = found->second;
  }
  return inode(id).durable;
}

Result<> DiskImage::overwrite(const std::string& path, std::span<const std::byte> bytes) {
  MAGNETITE_TRY(const Place place, find_place(path));
  if (!place.inode) {
    MAGNETITE_TRY(const InodeId made, create_file(path, 0));
    sync_names(place.folder);
    return overwrite_inode(made, bytes);
  }
  return overwrite_inode(*place.inode, bytes);
}

Result<> DiskImage::overwrite_inode(InodeId id, std::span<const std::byte> bytes) {
  Inode& inode = edit(id);
  inode.live = PagedBytes();
  inode.live.write(0, bytes);
  inode.durable = inode.live;
  inode.unsynced.clear();
  return {};
}

Result<> DiskImage::flip_bit(const std::string& path, uint64_t byte, unsigned bit) {
  MAGNETITE_TRY(const InodeId id, find_file(path));
  Inode& inode = edit(id);
  if (byte >= inode.live.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("{}: byte {} is past the end", path, byte));
  for (PagedBytes* bytes : {&inode.live, &inode.durable}) {
    if (byte >= bytes->size()) continue;
    std::byte value{};
    bytes->read(byte, {&value, 1});
    value ^= std::byte{1} << bit;
    bytes->write(byte, {&value, 1});
  }
  return {};
}

// Drops inodes that neither a name, a name after a power cut, nor a handle can reach.
void DiskImage::collect_garbage() {
  std::set<InodeId> reached;
  std::vector<InodeId> to_visit = {kRoot};
  for (const auto& [id, one] : inodes_) {
    if (one->opens > 0) to_visit.push_back(id);
  }
  while (!to_visit.empty()) {
    const InodeId id = to_visit.back();
    to_visit.pop_back();
    if (!reached.insert(id).second) continue;
    std::ranges::copy(inode(id).names | std::views::values, std::back_inserter(to_visit));
    std::ranges::copy(inode(id).durable_names | std::views::values, std::back_inserter(to_visit));
    for (const NameChange& change : inode(id).unsynced_names) {
      if (!change.added.empty()) to_visit.push_back(change.inode);
    }
  }
  std::erase_if(inodes_, [&](const auto& one) { return !reached.contains(one.first); });
  unlinked_since_collection_ = 0;
}

}  // namespace magnetite::sim
