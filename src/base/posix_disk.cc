#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/disk.h"

namespace magnetite {
namespace {

std::unexpected<Error> os_error(std::string_view operation, const std::string& path, int number) {
  ErrorCode code = ErrorCode::kUnavailable;
  if (number == ENOENT || number == ENOTDIR) code = ErrorCode::kNotFound;
  if (number == EEXIST) code = ErrorCode::kAlreadyExists;
  if (number == ENOSPC || number == EDQUOT) code = ErrorCode::kResourceExhausted;
  return fail(code, fmt::format("{} {}: {}", operation, path, std::generic_category().message(number)));
}

// Repeats a call that a signal interrupted.
template <class Call>
auto uninterrupted(Call call) {
  auto outcome = call();
  while (outcome < 0 && errno == EINTR) outcome = call();
  return outcome;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

Result<Descriptor> open_descriptor(const std::string& path, int flags) {
  constexpr mode_t kMode = 0644;
  const int number = uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kMode); });
  if (number < 0) return os_error("open", path, errno);
  return Descriptor(number);
}

class PosixFile final : public File {
 public:
  PosixFile(std::string path, Descriptor descriptor, bool is_direct)
      : path_(std::move(path)), descriptor_(std::move(descriptor)), is_direct_(is_direct) {}

  Result<> read_at(uint64_t offset, std::span<std::byte> out) override {
    while (!out.empty()) {
      const ssize_t count = uninterrupted(
          [&] { return ::pread(descriptor_.number(), out.data(), out.size(), static_cast<off_t>(offset)); });
      if (count < 0) return os_error("read", path_, errno);
      if (count == 0)
        return fail(ErrorCode::kInvalidInput, fmt::format("read {}: offset {} is past the end", path_, offset));
      offset += static_cast<uint64_t>(count);
      out = out.subspan(static_cast<size_t>(count));
    }
    return {};
  }

  Result<> write_at(uint64_t offset, std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = uninterrupted(
          [&] { return ::pwrite(descriptor_.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
      if (count < 0 && errno == EINVAL && is_direct_) {  // this file has other blocks, or goes through the cache only
        MAGNETITE_RETURN_IF_ERROR(stop_direct());
        continue;
      }
      if (count < 0) return os_error("write", path_, errno);
      offset += static_cast<uint64_t>(count);
      bytes = bytes.subspan(static_cast<size_t>(count));
    }
    return {};
  }

  Result<> sync_data() override {
    if (uninterrupted([&] { return ::fdatasync(descriptor_.number()); }) != 0) return os_error("sync", path_, errno);
    return {};
  }

  Result<> truncate(uint64_t size) override {
    if (uninterrupted([&] { return ::ftruncate(descriptor_.number(), static_cast<off_t>(size)); }) != 0)
      return os_error("truncate", path_, errno);
    return {};
  }

  Result<uint64_t> size() override {
    struct stat status;
    if (::fstat(descriptor_.number(), &status) != 0) return os_error("stat", path_, errno);
    return static_cast<uint64_t>(status.st_size);
  }

 private:
  Result<> stop_direct() {
    const int flags = ::fcntl(descriptor_.number(), F_GETFL);
    if (flags < 0 || ::fcntl(descriptor_.number(), F_SETFL, flags & ~O_DIRECT) != 0)
      return os_error("set flags of", path_, errno);
    is_direct_ = false;
    return {};
  }

  const std::string path_;
  const Descriptor descriptor_;
  bool is_direct_;
};

class PosixFolderLock final : public FolderLock {
 public:
  explicit PosixFolderLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  const Descriptor descriptor_;  // closing it lets go of the lock
};

// 0 or the errno.
int make_directory(const std::string& path) {
  constexpr mode_t kMode = 0755;
  return ::mkdir(path.c_str(), kMode) == 0 ? 0 : errno;
}

std::string parent_of(const std::string& path) {
  // A trailing slash is no name: the parent of "a/b/" is "a".
  const size_t slash = path.find_last_of('/', path.ends_with('/') && path.size() > 1 ? path.size() - 2 : path.npos);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class PosixDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    if (mode == OpenMode::kWriteDirect) {
      auto direct = open_descriptor(path, O_RDWR | O_DIRECT);
      if (direct) return std::make_unique<PosixFile>(path, *std::move(direct), true);
      // The file system knows no such writes; or else the error is found below.
    }
    const int flags = mode == OpenMode::kRead     ? O_RDONLY
                      : mode == OpenMode::kCreate ? O_RDWR | O_CREAT | O_EXCL
                                                  : O_RDWR;
    MAGNETITE_TRY(Descriptor descriptor, open_descriptor(path, flags));
    return std::make_unique<PosixFile>(path, std::move(descriptor), false);
  }

  Result<> create_directories(const std::string& path) override {
    if (path.empty()) return {};
    int number = make_directory(path);
    if (number == ENOENT) {
      MAGNETITE_RETURN_IF_ERROR(create_directories(parent_of(path)));
      number = make_directory(path);
    }
    if (number == EEXIST) {
      struct stat status;
      if (::stat(path.c_str(), &status) != 0) return os_error("stat", path, errno);
      if (!S_ISDIR(status.st_mode)) return os_error("create folder", path, number);
    } else if (number != 0) {
      return os_error("create folder", path, number);
    }
    // Also for a folder that was there: whoever made it may have died before syncing its name.
    return sync_directory(parent_of(path));
  }

  Result<> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return os_error("rename", from, errno);
    return {};
  }

  Result<> link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) != 0) return os_error("link", to, errno);
    return {};
  }

  Result<> remove(const std::string& path) override {
    if (::unlink(path.c_str()) == 0) return {};
    if (errno == EISDIR && ::rmdir(path.c_str()) == 0) return {};
    return os_error("remove", path, errno);
  }

  Result<> sync_directory(const std::string& path) override {
    MAGNETITE_TRY(const Descriptor descriptor, open_descriptor(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY));
    if (uninterrupted([&] { return ::fsync(descriptor.number()); }) != 0) return os_error("sync folder", path, errno);
    return {};
  }

  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.empty() ? "." : path.c_str()), ::closedir);
    if (folder == nullptr) return os_error("list", path, errno);
    std::vector<DirectoryEntry> entries;
    errno = 0;
    while (const dirent* found = ::readdir(folder.get())) {
      const std::string_view name = found->d_name;
      if (name == "." || name == "..") continue;
      struct stat status;
      if (::fstatat(::dirfd(folder.get()), found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) continue;  // removed meanwhile
        return os_error("stat", path + "/" + std::string(name), errno);
      }
      const WallTime modified{int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
      entries.push_back({std::string(name), S_ISDIR(status.st_mode), static_cast<uint64_t>(status.st_size), modified});
      errno = 0;
    }
    if (errno != 0) return os_error("list", path, errno);
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
  }

  Result<bool> exists(const std::string& path) override {
    struct stat status;
    if (::stat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return os_error("stat", path, errno);
  }

  Result<DiskSpace> space(const std::string& path) override {
    struct statvfs status;
    if (::statvfs(path.c_str(), &status) != 0) return os_error("statvfs", path, errno);
    return DiskSpace{static_cast<uint64_t>(status.f_blocks) * status.f_frsize,
                     static_cast<uint64_t>(status.f_bavail) * status.f_frsize};
  }

  Result<std::unique_ptr<FolderLock>> lock_folder(const std::string& path) override {
    MAGNETITE_TRY(Descriptor descriptor, open_descriptor(path + "/lock", O_RDWR | O_CREAT));
    if (uninterrupted([&] { return ::flock(descriptor.number(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK)
        return fail(ErrorCode::kFailedPrecondition, fmt::format("{} is in use by another process", path));
      return os_error("lock", path, errno);
    }
    return std::make_unique<PosixFolderLock>(std::move(descriptor));
  }
};

}  // namespace

std::unique_ptr<Disk> make_posix_disk() { return std::make_unique<PosixDisk>(); }

}  // namespace magnetite
