#include "object_store/memory/memory_store.h"

#include <map>
#include <set>

#include "base/mutex.h"

namespace magnetite::object_store {
namespace {

class MemoryStore final : public ObjectStore {
 public:
  std::string description() const override { return "memory"; }
  Result<> check() override { return {}; }

  Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) override {
    const MutexLock lock(mutex_);
    objects_[path] = Bytes(bytes.begin(), bytes.end());
    return {};
  }
  Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override {
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
  Result<> remove(const ObjectPath& path) override {
    const MutexLock lock(mutex_);
    objects_.erase(path);
    return {};
  }
  Result<FolderListing> list_folder(const ObjectPath& folder) override {
    const MutexLock lock(mutex_);
    FolderListing listing;
    std::set<std::string> folders;
    const size_t depth = folder.parts().size();
    for (const auto& [path, bytes] : objects_) {
      const auto& parts = path.parts();
      if (parts.size() <= depth || !std::equal(folder.parts().begin(), folder.parts().end(), parts.begin())) continue;
      if (parts.size() == depth + 1)
        listing.objects.push_back(path);
      else
        folders.insert(parts[depth]);
    }
    listing.folders.assign(folders.begin(), folders.end());
    return listing;
  }

 private:
  Mutex mutex_;
  std::map<ObjectPath, Bytes> objects_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<ObjectStore> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace magnetite::object_store
