#include "database/chunk_files.h"

#include "base/check.h"
#include "catalog/layout.h"

namespace magnetite::database {
namespace {

class ObjectSource final : public chunk::ImageSource {
 public:
  ObjectSource(object_store::ObjectStore& store, object_store::ObjectPath path, uint64_t bytes,
               std::shared_ptr<const void> pin)
      : store_(store), path_(std::move(path)), bytes_(bytes), pin_(std::move(pin)) {}

  std::string name() const override { return path_.text(); }
  uint64_t size() const override { return bytes_; }
  Result<chunk::SourceBytes> read(uint64_t offset, uint64_t size) const override {
    auto read = store_.get_range(path_, offset, size);
    if (!read) return std::unexpected(std::move(read).error().with_context(path_.text()));
    auto bytes = std::make_shared<const object_store::Bytes>(*std::move(read));
    return chunk::SourceBytes{*bytes, bytes};
  }

 private:
  object_store::ObjectStore& store_;
  const object_store::ObjectPath path_;
  const uint64_t bytes_;
  const std::shared_ptr<const void> pin_;
};

}  // namespace

Result<std::shared_ptr<const chunk::ImageSource>> open_object(object_store::ObjectStore& store,
                                                              object_store::ObjectPath path) {
  MAGNETITE_TRY(const uint64_t bytes, store.size(path));
  return std::make_shared<ObjectSource>(store, std::move(path), bytes, nullptr);
}

object_store::ObjectPath ChunkFiles::path(std::string_view name) const {
  auto path = catalog::file_object(folder_, name);
  MAGNETITE_CHECK_MSG(path.has_value(), name);  // the catalog checked it when it was loaded
  return *std::move(path);
}

Result<std::unique_ptr<object_store::ObjectWriter>> ChunkFiles::start(std::string_view name) const {
  return store_.start_put(path(name));
}

std::shared_ptr<const chunk::ImageSource> ChunkFiles::source(const StoredFacts& stored) const {
  return std::make_shared<ObjectSource>(store_, path(stored.name), stored.bytes, stored.pin);
}

std::shared_ptr<const chunk::StoredImage> ChunkFiles::open(const StoredFacts& stored) const {
  return std::make_shared<chunk::StoredImage>(source(stored), footers_, cache_);
}

Result<std::shared_ptr<const chunk::StoredImage>> ChunkFiles::open(const StoredFacts& stored,
                                                                   const chunk::Image& image) const {
  MAGNETITE_TRY(std::shared_ptr<const chunk::StoredImage> opened,
                chunk::StoredImage::of(image, source(stored), footers_));
  return opened;
}

Result<std::shared_ptr<const chunk::Image>> ChunkFiles::read(const StoredFacts& stored) const {
  MAGNETITE_TRY(object_store::Bytes bytes, store_.get(path(stored.name)));
  return chunk::Image::open(std::make_shared<const object_store::Bytes>(std::move(bytes)), cache_);
}

Result<> ObjectSink::append(std::span<const std::byte> bytes) {
  if (writer_ == nullptr) {
    MAGNETITE_TRY(writer_, files_.start(name_));
  }
  if (copying_ && copy_.size() + bytes.size() > memory_bytes_max_) {
    copying_ = false;
    copy_ = {};
  }
  if (copying_) copy_.insert(copy_.end(), bytes.begin(), bytes.end());
  return writer_->append(bytes);
}

Result<> ObjectSink::commit() {
  MAGNETITE_CHECK(writer_ != nullptr);
  return writer_->commit();
}

chunk::ImageBytes ObjectSink::take_copy() {
  if (!copying_) return nullptr;
  return std::make_shared<const std::vector<std::byte>>(std::move(copy_));
}

}  // namespace magnetite::database
