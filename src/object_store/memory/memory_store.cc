#include "object_store/memory/memory_store.h"

#include <fmt/format.h>

#include <map>

#include "base/mutex.h"

namespace magnetite::object_store {
namespace {

class MemoryStore final : public ObjectStore {
 public:
  std::string description() const override { return "memory"; }
  Result<> check() override { return {}; }

  Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    const MutexLock lock(mutex_);
    objects_[path] = Bytes(bytes.begin(), bytes.end());
    return {};
  }
  Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    const MutexLock lock(mutex_);
    if (!objects_.try_emplace(path, bytes.begin(), bytes.end()).second)
      return fail(ErrorCode::kAlreadyExists, path.text() + " exists");
    return {};
  }
  Result<Bytes> get(const ObjectPath& path) override {
    const MutexLock lock(mutex_);
    const auto found = objects_.find(path);
    if (found == objects_.end()) return fail(ErrorCode::kNotFound, path.text() + " does not exist");
    return found->second;
  }
  Result<Bytes> get_range(const ObjectPath& path, uint64_t offset, uint64_t size) override {
    MAGNETITE_TRY(const Bytes bytes, get(path));
    if (offset > bytes.size() || size > bytes.size() - offset)
      return fail(ErrorCode::kInvalidInput, fmt::format("{} has {} bytes", path.text(), bytes.size()));
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
    return Bytes(first, first + static_cast<std::ptrdiff_t>(size));
  }
  Result<> remove(const ObjectPath& path) override {
    const MutexLock lock(mutex_);
    objects_.erase(path);
    return {};
  }
  Result<FolderListing> list_folder(const ObjectPath& folder) override {
    const MutexLock lock(mutex_);
    FolderListing listing;
    const size_t depth = folder.parts().size();
    for (const auto& [path, bytes] : objects_) {  // sorted, so a folder's objects follow each other
      const auto& parts = path.parts();
      if (parts.size() <= depth || !path.is_below(folder)) continue;
      if (parts.size() == depth + 1)
        listing.objects.push_back(path);
      else if (listing.folders.empty() || listing.folders.back() != parts[depth])
        listing.folders.push_back(parts[depth]);
    }
    return listing;
  }
  Result<std::vector<ObjectPath>> list(const ObjectPath& folder) override {
    const MutexLock lock(mutex_);
    std::vector<ObjectPath> paths;
    for (const auto& [path, bytes] : objects_)
      if (path.parts().size() > folder.parts().size() && path.is_below(folder)) paths.push_back(path);
    return paths;
  }

 private:
  Mutex mutex_;
  std::map<ObjectPath, Bytes> objects_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<ObjectStore> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace magnetite::object_store
