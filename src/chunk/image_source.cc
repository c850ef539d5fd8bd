#include "chunk/image_source.h"

#include <utility>

#include "base/check.h"

namespace magnetite::chunk {
namespace {

class MemorySource final : public ImageSource {
 public:
  explicit MemorySource(ImageBytes bytes) : bytes_(std::move(bytes)) {}
  std::string name() const override { return "memory"; }
  uint64_t size() const override { return bytes_->size(); }
  Result<SourceBytes> read(uint64_t offset, uint64_t size) const override {
    MAGNETITE_CHECK(offset <= bytes_->size() && size <= bytes_->size() - offset);
    return SourceBytes{std::span(*bytes_).subspan(offset, size), bytes_};
  }

 private:
  const ImageBytes bytes_;
};

class FileSource final : public ImageSource {
 public:
  FileSource(std::unique_ptr<File> file, std::string name, uint64_t size)
      : file_(std::move(file)), name_(std::move(name)), size_(size) {}
  std::string name() const override { return name_; }
  uint64_t size() const override { return size_; }
  Result<SourceBytes> read(uint64_t offset, uint64_t size) const override {
    auto bytes = std::make_shared<std::vector<std::byte>>(size);
    MAGNETITE_RETURN_IF_ERROR(file_->read_at(offset, *bytes));
    return SourceBytes{*bytes, bytes};
  }

 private:
  const std::unique_ptr<File> file_;  // read_at may run in parallel
  const std::string name_;
  const uint64_t size_;
};

}  // namespace

std::shared_ptr<const ImageSource> memory_source(ImageBytes bytes) {
  return std::make_shared<MemorySource>(std::move(bytes));
}

Result<std::shared_ptr<const ImageSource>> file_source(std::unique_ptr<File> file, std::string name) {
  MAGNETITE_TRY(const uint64_t size, file->size());
  return std::make_shared<FileSource>(std::move(file), std::move(name), size);
}

}  // namespace magnetite::chunk
