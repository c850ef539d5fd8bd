#include "object_store/memory/memory_store.h"

#include <fmt/format.h>

#include <map>

#include "base/mutex.h"

namespace magnetite::object_store {
namespace {

class MemoryStore final : public ObjectStore {
 public:
  explicit MemoryStore(const Clock& clock) : clock_(clock) {}

  std::string description() const override { return "memory"; }
  Result<> check() override { return {}; }

  Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    Object object = make(Bytes(bytes.begin(), bytes.end()));
    const MutexLock lock(mutex_);
    objects_[path.text()] = std::move(object);
    return {};
  }

  Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    Object object = make(Bytes(bytes.begin(), bytes.end()));
    const MutexLock lock(mutex_);
    if (!objects_.try_emplace(path.text(), std::move(object)).second)
      return fail(ErrorCode::kAlreadyExists, path.text() + " exists");
    return {};
  }

  Result<std::unique_ptr<ObjectWriter>> start_put(const ObjectPath& path) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    return std::make_unique<Writer>(*this, path.text());
  }

  Result<Bytes> get(const ObjectPath& path) override {
    MAGNETITE_TRY(const std::shared_ptr<const Bytes> bytes, find(path));
    return *bytes;
  }

  Result<Bytes> get_range(const ObjectPath& path, uint64_t offset, uint64_t size) override {
    MAGNETITE_TRY(const std::shared_ptr<const Bytes> bytes, find(path));
    if (offset > bytes->size() || size > bytes->size() - offset)
      return fail(ErrorCode::kInvalidInput, fmt::format("{} has {} bytes", path.text(), bytes->size()));
    const auto first = bytes->begin() + static_cast<std::ptrdiff_t>(offset);
    return Bytes(first, first + static_cast<std::ptrdiff_t>(size));
  }

  Result<uint64_t> size(const ObjectPath& path) override {
    return find(path).transform([](const auto& bytes) -> uint64_t { return bytes->size(); });
  }

  Result<> remove(const ObjectPath& path) override {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    const MutexLock lock(mutex_);
    objects_.erase(path.text());
    return {};
  }

  Result<ListPage> list_page(const ListRequest& request) override {
    const std::string below = request.folder.parts().empty() ? "" : request.folder.text() + "/";
    const std::string prefix = below + encode_prefix(request.name_prefix);
    ListPage page;
    std::string last;
    const MutexLock lock(mutex_);
    auto next = request.after.empty() ? objects_.lower_bound(prefix) : first_after(request.after);
    while (next != objects_.end() && next->first.starts_with(prefix)) {
      if (page.objects.size() + page.folders.size() >= std::max<size_t>(request.limit, 1)) {
        page.next = std::move(last);
        break;
      }
      const size_t slash = request.deep ? std::string::npos : next->first.find('/', below.size());
      last = next->first.substr(0, slash == std::string::npos ? slash : slash + 1);
      MAGNETITE_TRY(ObjectPath path, ObjectPath::parse(next->first.substr(0, slash)));
      if (slash == std::string::npos)
        page.objects.push_back({std::move(path), next->second.bytes->size(), next->second.last_modified});
      else
        page.folders.push_back(path.parts().back());
      next = first_after(last);
    }
    return page;
  }

 private:
  struct Object {
    std::shared_ptr<const Bytes> bytes;  // shared with readers, so that copying needs no lock
    WallTime last_modified;
  };
  using Objects = std::map<std::string, Object, std::less<>>;  // by the path's text

  class Writer final : public ObjectWriter {
   public:
    Writer(MemoryStore& store, std::string text) : store_(store), text_(std::move(text)) {}

   private:
    Result<> write(std::span<const std::byte> bytes) override {
      bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
      return {};
    }
    Result<> finish() override {
      Object object = store_.make(std::move(bytes_));
      const MutexLock lock(store_.mutex_);
      store_.objects_[text_] = std::move(object);
      return {};
    }

    MemoryStore& store_;
    const std::string text_;
    Bytes bytes_;
  };

  Object make(Bytes bytes) const { return {std::make_shared<const Bytes>(std::move(bytes)), clock_.wall_now()}; }

  Result<std::shared_ptr<const Bytes>> find(const ObjectPath& path) {
    MAGNETITE_RETURN_IF_ERROR(check_object_path(path));
    const MutexLock lock(mutex_);
    const auto found = objects_.find(path.text());
    if (found == objects_.end()) return fail(ErrorCode::kNotFound, path.text() + " does not exist");
    return found->second.bytes;
  }

  // After "a/" comes what is not below it: '0' follows '/'.
  Objects::const_iterator first_after(const std::string& text) const REQUIRES(mutex_) {
    if (!text.ends_with('/')) return objects_.upper_bound(text);
    return objects_.lower_bound(text.substr(0, text.size() - 1) + static_cast<char>('/' + 1));
  }

  const Clock& clock_;
  Mutex mutex_;
  Objects objects_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<ObjectStore> make_memory_store(const Clock& clock) { return std::make_unique<MemoryStore>(clock); }

}  // namespace magnetite::object_store
