#include "object_store/file/file_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/ids.h"

namespace magnetite::object_store {
namespace {

// Objects' names never start with a dot (ObjectPath encodes it), so these cannot be mistaken for objects.
constexpr std::string_view kTemporaryPrefix = ".tmp-";

class FileStore final : public ObjectStore {
 public:
  FileStore(Disk& disk, std::string root) : disk_(disk), root_(std::move(root)) {}

  std::string description() const override { return "file " + root_; }

  Result<> check() override {
    const auto probe = [&]() -> Result<> {
      MAGNETITE_RETURN_IF_ERROR(disk_.create_directories(root_));
      MAGNETITE_TRY(const std::string path, write_temporary(root_, {}));
      const std::string second = path + "-link";
      auto linked = disk_.link(path, second);  // some file systems have no hard links
      MAGNETITE_RETURN_IF_ERROR(disk_.remove(path));
      MAGNETITE_RETURN_IF_ERROR(std::move(linked));
      MAGNETITE_RETURN_IF_ERROR(disk_.remove(second));
      return disk_.list(root_).transform([](const auto&) {});
    };
    if (auto probed = probe(); !probed)
      return std::unexpected(
          std::move(probed).error().with_context(fmt::format("object store {} cannot be used", root_)));
    return {};
  }

  Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) override {
    MAGNETITE_TRY(const Prepared object, prepare(path, bytes));
    if (auto renamed = disk_.rename(object.temporary, object.final); !renamed) {
      static_cast<void>(disk_.remove(object.temporary));  // a leftover takes space and is ignored
      return unclear(std::move(renamed).error());
    }
    return make_name_durable(object);
  }

  Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override {
    MAGNETITE_TRY(const Prepared object, prepare(path, bytes));
    auto linked = disk_.link(object.temporary, object.final);
    static_cast<void>(disk_.remove(object.temporary));
    if (!linked && linked.error().code() != ErrorCode::kAlreadyExists) return unclear(std::move(linked).error());
    // Also for an object that was there: whoever put it may have died before its name was durable.
    MAGNETITE_RETURN_IF_ERROR(make_name_durable(object));
    return linked;
  }

  Result<Bytes> get(const ObjectPath& path) override {
    MAGNETITE_TRY(const std::unique_ptr<File> file, open(path));
    MAGNETITE_TRY(const uint64_t size, file->size());
    Bytes bytes(size);
    MAGNETITE_RETURN_IF_ERROR(file->read_at(0, bytes));
    return bytes;
  }

  Result<Bytes> get_range(const ObjectPath& path, uint64_t offset, uint64_t size) override {
    MAGNETITE_TRY(const std::unique_ptr<File> file, open(path));
    MAGNETITE_TRY(const uint64_t total, file->size());
    if (offset > total || size > total - offset)
      return fail(ErrorCode::kInvalidInput, fmt::format("{} has {} bytes", path.text(), total));
    Bytes bytes(size);
    MAGNETITE_RETURN_IF_ERROR(file->read_at(offset, bytes));
    return bytes;
  }

  Result<> remove(const ObjectPath& path) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    if (is_folder(file_path(path))) return {};
    auto removed = disk_.remove(file_path(path));
    if (!removed && removed.error().code() == ErrorCode::kNotFound) return {};
    MAGNETITE_RETURN_IF_ERROR(std::move(removed));
    return disk_.sync_directory(folder_of(path));
  }

  Result<FolderListing> list_folder(const ObjectPath& folder) override {
    FolderListing listing;
    MAGNETITE_TRY(const std::vector<Entry> entries, entries_of(folder));
    for (const Entry& entry : entries) {
      if (!entry.is_folder) {
        listing.objects.push_back(entry.path);
        continue;
      }
      MAGNETITE_TRY(const bool has_object, holds_object(entry.path));
      if (has_object) listing.folders.push_back(entry.path.parts().back());
    }
    return listing;
  }

  Result<std::vector<ObjectPath>> list(const ObjectPath& folder) override {
    std::vector<ObjectPath> paths;
    std::vector<ObjectPath> folders = {folder};
    while (!folders.empty()) {
      const ObjectPath next = std::move(folders.back());
      folders.pop_back();
      MAGNETITE_TRY(const std::vector<Entry> entries, entries_of(next));
      for (const Entry& entry : entries) (entry.is_folder ? folders : paths).push_back(entry.path);
    }
    std::ranges::sort(paths);
    return paths;
  }

 private:
  struct Entry {
    ObjectPath path;
    bool is_folder = false;
  };
  struct Prepared {
    std::string folder;
    std::string temporary;
    std::string final;
  };

  std::string file_path(const ObjectPath& path) const {
    return path.parts().empty() ? root_ : root_ + "/" + path.text();
  }
  std::string folder_of(const ObjectPath& path) const {
    return file_path(ObjectPath({path.parts().begin(), path.parts().end() - 1}));
  }

  // A folder can be opened and removed like a file, but is no object.
  bool is_folder(const std::string& name) { return disk_.list(name).has_value(); }

  static std::unexpected<Error> unclear(Error error) {
    const bool may_be_done = error.code() == ErrorCode::kUnavailable;
    return fail(may_be_done ? ErrorCode::kUnclear : error.code(), error.message());
  }

  Result<std::unique_ptr<File>> open(const ObjectPath& path) {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    const std::string name = file_path(path);
    if (is_folder(name)) return fail(ErrorCode::kNotFound, fmt::format("{} is a folder", name));
    return disk_.open(name, OpenMode::kRead);
  }

  Result<std::string> write_temporary(const std::string& folder, std::span<const std::byte> bytes) {
    const std::string path = fmt::format("{}/{}{}", folder, kTemporaryPrefix, model::Uuid::random().text());
    MAGNETITE_TRY(const std::unique_ptr<File> file, disk_.open(path, OpenMode::kCreate));
    auto written = file->write_at(0, bytes);
    if (written) written = file->sync_data();
    if (!written) {
      static_cast<void>(disk_.remove(path));  // give the space back; the error is reported
      return std::unexpected(std::move(written).error());
    }
    return path;
  }

  Result<Prepared> prepare(const ObjectPath& path, std::span<const std::byte> bytes) {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    Prepared object{folder_of(path), {}, file_path(path)};
    MAGNETITE_RETURN_IF_ERROR(disk_.create_directories(object.folder));
    MAGNETITE_TRY(object.temporary, write_temporary(object.folder, bytes));
    return object;
  }

  Result<> make_name_durable(const Prepared& object) {
    if (auto synced = disk_.sync_directory(object.folder); !synced) return unclear(std::move(synced).error());
    return {};
  }

  // Sorted. Leftovers and files of others are not there.
  Result<std::vector<Entry>> entries_of(const ObjectPath& folder) {
    std::vector<Entry> entries;
    auto found = disk_.list(file_path(folder));
    if (!found && found.error().code() == ErrorCode::kNotFound) return entries;
    if (!found) return std::unexpected(std::move(found).error());
    for (const DirectoryEntry& each : *found) {
      if (auto name = ObjectPath::parse(each.name); name && !each.name.starts_with('.'))
        entries.push_back({folder / name->parts().front(), each.is_directory});
    }
    std::ranges::sort(entries, {}, &Entry::path);
    return entries;
  }

  // Removing objects leaves their folders: they must not be seen.
  Result<bool> holds_object(const ObjectPath& folder) {
    MAGNETITE_TRY(const std::vector<Entry> entries, entries_of(folder));
    if (!std::ranges::all_of(entries, &Entry::is_folder)) return true;
    for (const Entry& entry : entries) {
      MAGNETITE_TRY(const bool has_object, holds_object(entry.path));
      if (has_object) return true;
    }
    return false;
  }

  Disk& disk_;
  const std::string root_;
};

}  // namespace

std::unique_ptr<ObjectStore> make_file_store(Disk& disk, std::string root) {
  return std::make_unique<FileStore>(disk, std::move(root));
}

}  // namespace magnetite::object_store
