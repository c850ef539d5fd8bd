#include "object_store/file/file_store.h"

#include <fmt/format.h>

#include <atomic>

#include "model/ids.h"
#include "object_store/file/folder_pages.h"
#include "object_store/file/temporary_file.h"

namespace magnetite::object_store {
namespace {

// Objects' names never start with a dot (ObjectPath encodes it). One folder, so that a start finds what is left over
// without reading every folder.
constexpr std::string_view kTemporaryFolder = ".tmp";

class FileStore final : public ObjectStore {
 public:
  FileStore(Disk& disk, std::string root)
      : disk_(disk), root_(std::move(root)), temporary_(fmt::format("{}/{}", root_, kTemporaryFolder)) {}

  std::string description() const override { return "file " + root_; }

  Result<> check() override {
    if (auto probed = probe(); !probed)
      return std::unexpected(
          std::move(probed).error().with_context(fmt::format("object store {} cannot be used", root_)));
    return {};
  }

  Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) override {
    MAGNETITE_TRY(TemporaryFile file, write_temporary(path, bytes));
    MAGNETITE_RETURN_IF_ERROR(file.replace(file_path(path)));
    return make_name_durable(path);
  }

  Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override {
    MAGNETITE_TRY(TemporaryFile file, write_temporary(path, bytes));
    auto linked = file.link_to(file_path(path));
    if (!linked && linked.error().code() != ErrorCode::kAlreadyExists) return linked;
    // Also for an object that was there: whoever put it may have died before its name was durable.
    MAGNETITE_RETURN_IF_ERROR(make_name_durable(path));
    return linked;
  }

  Result<std::unique_ptr<ObjectWriter>> start_put(const ObjectPath& path) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    MAGNETITE_TRY(TemporaryFile file, create_temporary());
    return std::make_unique<Writer>(*this, path, std::move(file));
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

  Result<uint64_t> size(const ObjectPath& path) override {
    MAGNETITE_TRY(const std::unique_ptr<File> file, open(path));
    return file->size();
  }

  Result<> remove(const ObjectPath& path) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    if (is_folder(file_path(path))) return {};
    if (auto removed = disk_.remove(file_path(path)); !removed) {
      if (removed.error().code() == ErrorCode::kNotFound) return {};
      return unclear(std::move(removed).error());
    }
    return make_name_durable(path);
  }

  Result<ListPage> list_page(const ListRequest& request) override {
    auto page = list_files(disk_, root_, request);
    if (!page && page.error().code() == ErrorCode::kNotFound) return gone(root_);
    return page;
  }

 private:
  class Writer final : public ObjectWriter {
   public:
    Writer(FileStore& store, ObjectPath path, TemporaryFile file)
        : store_(store), path_(std::move(path)), file_(std::move(file)) {}

   private:
    Result<> write(std::span<const std::byte> bytes) override { return file_.append(bytes); }
    Result<> finish() override {
      MAGNETITE_RETURN_IF_ERROR(store_.prepare(path_, file_));
      MAGNETITE_RETURN_IF_ERROR(file_.replace(store_.file_path(path_)));
      return store_.make_name_durable(path_);
    }

    FileStore& store_;
    const ObjectPath path_;
    TemporaryFile file_;
  };

  std::string file_path(const ObjectPath& path) const { return root_ + "/" + path.text(); }
  std::string folder_of(const ObjectPath& path) const {
    const std::string file = file_path(path);
    return file.substr(0, file.rfind('/'));
  }

  Result<> probe() {
    MAGNETITE_RETURN_IF_ERROR(disk_.create_directories(temporary_));
    MAGNETITE_TRY(const std::vector<DirectoryEntry> leftovers, disk_.list(temporary_));
    for (const DirectoryEntry& each : leftovers)
      if (!each.name.starts_with(process_)) MAGNETITE_RETURN_IF_ERROR(disk_.remove(temporary_ + "/" + each.name));
    MAGNETITE_TRY(TemporaryFile file, create_temporary());
    MAGNETITE_RETURN_IF_ERROR(file.sync());
    const std::string second = next_temporary();
    MAGNETITE_RETURN_IF_ERROR(file.link_to(second));  // some file systems have no hard links
    MAGNETITE_RETURN_IF_ERROR(disk_.remove(second));
    return disk_.list(root_).transform([](const auto&) {});
  }

  // The folder may be on a file system that is no longer mounted: never take that for an empty store.
  static std::unexpected<Error> gone(const std::string& folder) {
    return fail(ErrorCode::kUnavailable, fmt::format("the folder {} of the object store is gone", folder));
  }

  // A folder can be opened and removed like a file, but is no object.
  bool is_folder(const std::string& name) { return disk_.list(name).has_value(); }

  Result<std::unique_ptr<File>> open(const ObjectPath& path) {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    const std::string name = file_path(path);
    if (is_folder(name)) return fail(ErrorCode::kNotFound, fmt::format("{} is a folder", name));
    auto file = disk_.open(name, OpenMode::kRead);
    if (!file && file.error().code() == ErrorCode::kNotFound) {
      MAGNETITE_TRY(const bool root_exists, disk_.exists(root_));
      if (!root_exists) return gone(root_);
    }
    return file;
  }

  std::string next_temporary() { return fmt::format("{}/{}-{}", temporary_, process_, next_number_++); }

  Result<TemporaryFile> create_temporary() {
    auto file = TemporaryFile::create(disk_, next_temporary());
    if (!file && file.error().code() == ErrorCode::kNotFound) return gone(temporary_);
    return file;
  }

  Result<TemporaryFile> write_temporary(const ObjectPath& path, std::span<const std::byte> bytes) {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    MAGNETITE_TRY(TemporaryFile file, create_temporary());
    MAGNETITE_RETURN_IF_ERROR(file.append(bytes));
    MAGNETITE_RETURN_IF_ERROR(prepare(path, file));
    return file;
  }

  // Bytes first, then the name.
  Result<> prepare(const ObjectPath& path, TemporaryFile& file) {
    MAGNETITE_RETURN_IF_ERROR(file.sync());
    return disk_.create_directories(folder_of(path));
  }

  Result<> make_name_durable(const ObjectPath& path) {
    if (auto synced = disk_.sync_directory(folder_of(path)); !synced) return unclear(std::move(synced).error());
    return {};
  }

  Disk& disk_;
  const std::string root_;
  const std::string temporary_;
  const std::string process_ = model::Uuid::random().text();
  std::atomic<uint64_t> next_number_ = 0;
};

}  // namespace

std::unique_ptr<ObjectStore> make_file_store(Disk& disk, std::string root) {
  return std::make_unique<FileStore>(disk, std::move(root));
}

}  // namespace magnetite::object_store
