#include "object_store/file/file_store.h"

#include <fmt/format.h>

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
      return disk_.remove(path);
    };
    if (auto probed = probe(); !probed)
      return std::unexpected(std::move(probed).error().with_context(fmt::format("object store {} cannot be used", root_)));
    return {};
  }

  Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) override {
    return store(path, bytes, [&](const std::string& from, const std::string& to) { return disk_.rename(from, to); });
  }

  Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override {
    return store(path, bytes, [&](const std::string& from, const std::string& to) -> Result<> {
      auto linked = disk_.link(from, to);
      static_cast<void>(disk_.remove(from));  // a leftover is ignored by listings
      return linked;
    });
  }

  Result<Bytes> get(const ObjectPath& path) override {
    MAGNETITE_TRY(const std::unique_ptr<File> file, disk_.open(file_path(path), OpenMode::kRead));
    MAGNETITE_TRY(const uint64_t size, file->size());
    Bytes bytes(size);
    MAGNETITE_RETURN_IF_ERROR(file->read_at(0, bytes));
    return bytes;
  }

  Result<> remove(const ObjectPath& path) override {
    auto removed = disk_.remove(file_path(path));
    if (!removed && removed.error().code() == ErrorCode::kNotFound) return {};
    MAGNETITE_RETURN_IF_ERROR(std::move(removed));
    return disk_.sync_directory(folder_of(path));
  }

  Result<FolderListing> list_folder(const ObjectPath& folder) override {
    auto entries = disk_.list(file_path(folder));
    if (!entries && entries.error().code() == ErrorCode::kNotFound) return FolderListing{};
    if (!entries) return std::unexpected(std::move(entries).error());
    FolderListing listing;
    for (const DirectoryEntry& entry : *entries) {
      if (entry.name.starts_with('.')) continue;
      auto name = ObjectPath::parse(entry.name);
      if (!name) continue;  // somebody else's file
      if (entry.is_directory)
        listing.folders.push_back(name->parts().front());
      else
        listing.objects.push_back(folder / name->parts().front());
    }
    return listing;
  }

 private:
  std::string file_path(const ObjectPath& path) const {
    return path.parts().empty() ? root_ : root_ + "/" + path.text();
  }
  std::string folder_of(const ObjectPath& path) const {
    return file_path(ObjectPath({path.parts().begin(), path.parts().end() - 1}));
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

  template <class Place>
  Result<> store(const ObjectPath& path, std::span<const std::byte> bytes, const Place& place) {
    if (path.parts().empty()) return fail(ErrorCode::kInvalidInput, "an object needs a name");
    const std::string folder = folder_of(path);
    MAGNETITE_RETURN_IF_ERROR(disk_.create_directories(folder));
    MAGNETITE_TRY(const std::string temporary, write_temporary(folder, bytes));
    MAGNETITE_RETURN_IF_ERROR(place(temporary, file_path(path)));
    return disk_.sync_directory(folder);
  }

  Disk& disk_;
  const std::string root_;
};

}  // namespace

std::unique_ptr<ObjectStore> make_file_store(Disk& disk, std::string root) {
  return std::make_unique<FileStore>(disk, std::move(root));
}

}  // namespace magnetite::object_store
