// A file that becomes an object when it is complete, or goes away.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/disk.h"

namespace magnetite::object_store {

// Not thread-safe.
class TemporaryFile {
 public:
  static Result<TemporaryFile> create(Disk& disk, std::string path);
  TemporaryFile(TemporaryFile&& other) noexcept = default;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile();  // removes it, unless it was moved to its place

  Result<> append(std::span<const std::byte> bytes);
  Result<> sync();  // nothing is appended afterwards

  // Both kUnclear when it may have been done. The name is durable once its folder is synced.
  Result<> replace(const std::string& target);
  Result<> link_to(const std::string& target);  // kAlreadyExists

 private:
  TemporaryFile(Disk& disk, std::string path, std::unique_ptr<File> file)
      : disk_(&disk), path_(std::move(path)), file_(std::move(file)) {}

  Disk* disk_;
  std::string path_;
  std::unique_ptr<File> file_;
  uint64_t size_bytes_ = 0;
  bool is_moved_ = false;
};

// What was tried to be changed may have been.
std::unexpected<Error> unclear(Error error);

}  // namespace magnetite::object_store
