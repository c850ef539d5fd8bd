#include "object_store/file/temporary_file.h"

namespace magnetite::object_store {

std::unexpected<Error> unclear(Error error) {
  const bool may_be_done = error.code() == ErrorCode::kUnavailable;
  return fail(may_be_done ? ErrorCode::kUnclear : error.code(), error.message());
}

Result<TemporaryFile> TemporaryFile::create(Disk& disk, std::string path) {
  MAGNETITE_TRY(std::unique_ptr<File> file, disk.open(path, OpenMode::kCreate));
  return TemporaryFile(disk, std::move(path), std::move(file));
}

TemporaryFile::~TemporaryFile() {
  if (file_ == nullptr || is_moved_) return;
  file_.reset();
  static_cast<void>(disk_->remove(path_));  // a leftover takes space until the next start, and is no object
}

Result<> TemporaryFile::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  MAGNETITE_RETURN_IF_ERROR(file_->write_at(size_bytes_, bytes));
  size_bytes_ += bytes.size();
  return {};
}

Result<> TemporaryFile::sync() { return file_->sync_data(); }

Result<> TemporaryFile::replace(const std::string& target) {
  if (auto renamed = disk_->rename(path_, target); !renamed) return unclear(std::move(renamed).error());
  is_moved_ = true;
  return {};
}

Result<> TemporaryFile::link_to(const std::string& target) {
  if (auto linked = disk_->link(path_, target); !linked) return unclear(std::move(linked).error());
  return {};
}

}  // namespace magnetite::object_store
