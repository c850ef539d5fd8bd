// Files of the engine. The real one is POSIX; the simulated one (base/sim) keeps, drops, tears or reorders on a power
// cut whatever was not synced.
//
// Durability contract (both implementations): bytes are stable after File::sync_data(); names (create, rename, link,
// remove) are stable after Disk::sync_directory() of their folder. Nothing else is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace magnetite {

// An open file. Not thread-safe, except that read_at may run in parallel with everything.
class File {
 public:
  virtual ~File() = default;  // closes

  // Reads exactly out.size() bytes or fails; kInvalidInput past the end of the file.
  virtual Result<> read_at(uint64_t offset, std::span<std::byte> out) = 0;
  // Writes all of it or fails; after a failure the range's content is undefined. ENOSPC is kResourceExhausted.
  virtual Result<> write_at(uint64_t offset, std::span<const std::byte> bytes) = 0;
  virtual Result<> sync_data() = 0;  // fdatasync. After a failure nothing written since the last sync can be trusted.
  virtual Result<> truncate(uint64_t size) = 0;
  virtual Result<uint64_t> size() = 0;
};

enum class OpenMode : uint8_t {
  kRead,         // must exist
  kReadWrite,    // must exist
  kCreate,       // must not exist
  kWriteDirect,  // must exist; for writing whole blocks, past the page cache where the file system can
};
inline constexpr size_t kBlockBytes = 4096;  // address, offset and size of a direct write are multiples of it

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
  uint64_t size_bytes = 0;
  WallTime modified = {};  // when its content was last changed
};

struct DiskSpace {
  uint64_t total_bytes = 0;
  uint64_t available_bytes = 0;
};

// Keeps other processes out while it lives (flock).
class FolderLock {
 public:
  virtual ~FolderLock() = default;
};

// Paths are '/'-separated, relative to the disk's root (real: relative to the process or absolute). Thread-safe.
// Errors: kNotFound, kAlreadyExists, kResourceExhausted (no space), kUnavailable (other I/O errors), with the path.
class Disk {
 public:
  virtual ~Disk() = default;

  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<> create_directories(const std::string& path) = 0;  // fine if it exists; makes the names durable
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;  // replaces `to`
  virtual Result<> link(const std::string& from, const std::string& to) = 0;    // kAlreadyExists if `to` exists
  virtual Result<> remove(const std::string& path) = 0;  // file or empty folder; kNotFound if missing
  virtual Result<> sync_directory(const std::string& path) = 0;
  virtual Result<std::vector<DirectoryEntry>> list(const std::string& path) = 0;  // sorted by name
  virtual Result<bool> exists(const std::string& path) = 0;
  virtual Result<DiskSpace> space(const std::string& path) = 0;
  virtual Result<std::unique_ptr<FolderLock>> lock_folder(const std::string& path) = 0;  // kFailedPrecondition if held
};

std::unique_ptr<Disk> make_posix_disk();

}  // namespace magnetite
