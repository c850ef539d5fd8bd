// What only the real disk can show; the rest is in sim/disk_contract_test.cc.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/disk.h"

namespace magnetite {
namespace {

TEST(PosixDisk, FullDeviceIsResourceExhaustedAndTheMessageSaysWhatAndWhere) {
  const auto disk = make_posix_disk();
  const auto full = disk->open("/dev/full", OpenMode::kReadWrite).value();
  const Result<> written = full->write_at(0, std::as_bytes(std::span("text", 4)));
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(written.error().message(), "write /dev/full: No space left on device");
}

TEST(PosixDisk, DescriptorsAreNotInheritedByChildren) {
  const auto disk = make_posix_disk();
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / fmt::format("cloexec_{}", getpid());
  const auto file = disk->open(path, OpenMode::kCreate).value();
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone) != std::filesystem::canonical(path)) continue;
    ++found;
    EXPECT_NE(fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_EQ(found, 1);
  EXPECT_TRUE(disk->remove(path).has_value());
}

TEST(PosixDisk, PathsMayBeRelativeToTheProcess) {
  const auto disk = make_posix_disk();
  EXPECT_TRUE(disk->exists(".").value());
  EXPECT_TRUE(disk->list("").has_value());
  EXPECT_TRUE(disk->sync_directory("").has_value());
  EXPECT_TRUE(disk->create_directories("").has_value());
}

}  // namespace
}  // namespace magnetite
