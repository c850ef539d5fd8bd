// What every Disk promises, held against the real one and the simulated one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/executor.h"
#include "base/sim/sim_disk.h"

namespace magnetite {
namespace {

using testing::HasSubstr;

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Disk>()> make;
};

class DiskContract : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam().name == "posix") {
      std::string pattern = testing::TempDir() + "/disk_contract_XXXXXX";
      ASSERT_NE(mkdtemp(pattern.data()), nullptr);
      root_ = pattern;
    } else {
      root_ = "root";
    }
    disk_ = GetParam().make();
    ASSERT_TRUE(disk_->create_directories(root_).has_value());
  }
  void TearDown() override {
    if (GetParam().name == "posix") std::filesystem::remove_all(root_);
  }

  std::string path(std::string_view name) const { return root_ + "/" + std::string(name); }

  void put(std::string_view name, std::string_view text) {
    auto file = disk_->open(path(name), OpenMode::kCreate);
    ASSERT_TRUE(file.has_value()) << file.error().describe();
    ASSERT_TRUE((*file)->write_at(0, as_bytes(text)).has_value());
    ASSERT_TRUE((*file)->sync_data().has_value());
  }

  std::string text_in(File& file) {
    std::string text(file.size().value(), '\0');
    const Result<> read = file.read_at(0, std::as_writable_bytes(std::span(text)));
    return read ? text : read.error().describe();
  }
  std::string get(std::string_view name) {
    auto file = disk_->open(path(name), OpenMode::kRead);
    return file ? text_in(**file) : file.error().describe();
  }

  std::vector<std::string> names(std::string_view folder = "") {
    std::vector<std::string> found;
    for (const DirectoryEntry& entry : disk_->list(path(folder)).value())
      found.push_back(entry.name + (entry.is_directory ? "/" : ""));
    return found;
  }

  template <class T>
  static ErrorCode code_of(const Result<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? ErrorCode::kInternal : result.error().code();
  }

  std::unique_ptr<Disk> disk_;
  std::string root_;
};

TEST_P(DiskContract, WrittenBytesAreReadBack) {
  put("a", "hello");
  EXPECT_EQ(get("a"), "hello");
}

TEST_P(DiskContract, WriteInTheMiddleAndPastTheEndLeavesZerosInTheGap) {
  put("a", "hello");
  auto file = disk_->open(path("a"), OpenMode::kReadWrite).value();
  ASSERT_TRUE(file->write_at(1, as_bytes("u")).has_value());
  ASSERT_TRUE(file->write_at(7, as_bytes("!")).has_value());
  EXPECT_EQ(text_in(*file), std::string("hullo\0\0!", 8));
}

TEST_P(DiskContract, LargeContentSurvivesWhole) {
  std::string text;
  while (text.size() < 300'000) text += std::to_string(text.size()) + ",";
  put("large", text);
  EXPECT_EQ(get("large"), text);
  auto file = disk_->open(path("large"), OpenMode::kRead).value();
  std::string middle(70'000, '\0');
  ASSERT_TRUE(file->read_at(30'001, std::as_writable_bytes(std::span(middle))).has_value());
  EXPECT_EQ(middle, text.substr(30'001, 70'000));
}

TEST_P(DiskContract, TruncateShortensAndGrowsWithZeros) {
  put("a", "hello");
  auto file = disk_->open(path("a"), OpenMode::kReadWrite).value();
  ASSERT_TRUE(file->truncate(2).has_value());
  EXPECT_EQ(text_in(*file), "he");
  ASSERT_TRUE(file->truncate(4).has_value());
  EXPECT_EQ(text_in(*file), std::string("he\0\0", 4));
}

TEST_P(DiskContract, ReadingPastTheEndIsInvalidInput) {
  put("a", "hello");
  auto file = disk_->open(path("a"), OpenMode::kRead).value();
  std::byte two[2];
  EXPECT_EQ(code_of(file->read_at(4, two)), ErrorCode::kInvalidInput);
  EXPECT_EQ(code_of(file->read_at(100, two)), ErrorCode::kInvalidInput);
  EXPECT_TRUE(file->read_at(5, {}).has_value());
}

TEST_P(DiskContract, FileOpenedForReadingRefusesWrites) {
  put("a", "hello");
  auto file = disk_->open(path("a"), OpenMode::kRead).value();
  EXPECT_EQ(code_of(file->write_at(0, as_bytes("x"))), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of(file->truncate(0)), ErrorCode::kUnavailable);
  EXPECT_EQ(get("a"), "hello");
}

TEST_P(DiskContract, OpenSaysWhatIsMissingOrInTheWay) {
  put("a", "hello");
  EXPECT_EQ(code_of(disk_->open(path("missing"), OpenMode::kRead)), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(disk_->open(path("missing"), OpenMode::kReadWrite)), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(disk_->open(path("no/folder"), OpenMode::kCreate)), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(disk_->open(path("a/below"), OpenMode::kCreate)), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(disk_->open(path("a"), OpenMode::kCreate)), ErrorCode::kAlreadyExists);
  EXPECT_THAT(disk_->open(path("missing"), OpenMode::kRead).error().message(), HasSubstr(path("missing")));
}

TEST_P(DiskContract, CreateDirectoriesMakesTheWholeChainAndMayBeRepeated) {
  ASSERT_TRUE(disk_->create_directories(path("x/y/z")).has_value());
  ASSERT_TRUE(disk_->create_directories(path("x/y/z")).has_value());
  ASSERT_TRUE(disk_->create_directories(path("x/y/w/")).has_value());
  EXPECT_EQ(names("x/y"), (std::vector<std::string>{"w/", "z/"}));
  put("x/y/z/file", "1");
  EXPECT_EQ(code_of(disk_->create_directories(path("x/y/z/file"))), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code_of(disk_->create_directories(path("x/y/z/file/below"))), ErrorCode::kNotFound);
}

TEST_P(DiskContract, ListIsSortedAndTellsFoldersAndSizes) {
  put("b", "12345");
  put("a", "");
  ASSERT_TRUE(disk_->create_directories(path("c")).has_value());
  EXPECT_EQ(names(), (std::vector<std::string>{"a", "b", "c/"}));
  EXPECT_EQ(disk_->list(root_).value()[1].size_bytes, 5U);
  EXPECT_EQ(code_of(disk_->list(path("missing"))), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(disk_->list(path("a"))), ErrorCode::kNotFound);
}

TEST_P(DiskContract, RenameReplacesItsTarget) {
  put("a", "new");
  put("b", "old");
  ASSERT_TRUE(disk_->rename(path("a"), path("b")).has_value());
  EXPECT_EQ(names(), (std::vector<std::string>{"b"}));
  EXPECT_EQ(get("b"), "new");
  EXPECT_EQ(code_of(disk_->rename(path("a"), path("c"))), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(disk_->rename(path("b"), path("no/folder"))), ErrorCode::kNotFound);
}

TEST_P(DiskContract, RenameMovesBetweenFoldersAndMovesFolders) {
  ASSERT_TRUE(disk_->create_directories(path("x")).has_value());
  put("a", "1");
  ASSERT_TRUE(disk_->rename(path("a"), path("x/b")).has_value());
  ASSERT_TRUE(disk_->rename(path("x"), path("y")).has_value());
  EXPECT_EQ(names(), (std::vector<std::string>{"y/"}));
  EXPECT_EQ(get("y/b"), "1");
  ASSERT_TRUE(disk_->create_directories(path("y/inner")).has_value());
  EXPECT_EQ(code_of(disk_->rename(path("y"), path("y/inner/y"))), ErrorCode::kUnavailable);
}

TEST_P(DiskContract, LinkIsASecondNameOfTheSameBytesAndNeverReplaces) {
  put("a", "one");
  put("b", "two");
  ASSERT_TRUE(disk_->link(path("a"), path("c")).has_value());
  EXPECT_EQ(code_of(disk_->link(path("a"), path("b"))), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code_of(disk_->link(path("missing"), path("d"))), ErrorCode::kNotFound);
  ASSERT_TRUE(disk_->remove(path("a")).has_value());
  EXPECT_EQ(get("c"), "one");
  EXPECT_EQ(get("b"), "two");
}

TEST_P(DiskContract, RemoveTakesFilesAndEmptyFoldersOnly) {
  ASSERT_TRUE(disk_->create_directories(path("x")).has_value());
  put("x/a", "1");
  EXPECT_EQ(code_of(disk_->remove(path("x"))), ErrorCode::kUnavailable);
  ASSERT_TRUE(disk_->remove(path("x/a")).has_value());
  ASSERT_TRUE(disk_->remove(path("x")).has_value());
  EXPECT_EQ(code_of(disk_->remove(path("x"))), ErrorCode::kNotFound);
  EXPECT_FALSE(disk_->exists(path("x")).value());
}

TEST_P(DiskContract, OpenFileOutlivesItsName) {
  put("a", "kept");
  auto file = disk_->open(path("a"), OpenMode::kRead).value();
  ASSERT_TRUE(disk_->remove(path("a")).has_value());
  EXPECT_EQ(text_in(*file), "kept");
}

TEST_P(DiskContract, ExistsKnowsFilesFoldersAndNothing) {
  put("a", "1");
  EXPECT_TRUE(disk_->exists(path("a")).value());
  EXPECT_TRUE(disk_->exists(root_).value());
  EXPECT_FALSE(disk_->exists(path("b")).value());
  EXPECT_FALSE(disk_->exists(path("a/b")).value());
}

TEST_P(DiskContract, SyncDirectoryNeedsAFolder) {
  EXPECT_TRUE(disk_->sync_directory(root_).has_value());
  EXPECT_EQ(code_of(disk_->sync_directory(path("missing"))), ErrorCode::kNotFound);
}

TEST_P(DiskContract, SpaceIsReported) {
  const DiskSpace space = disk_->space(root_).value();
  EXPECT_GT(space.total_bytes, 0U);
  EXPECT_LE(space.available_bytes, space.total_bytes);
  EXPECT_EQ(code_of(disk_->space(path("missing"))), ErrorCode::kNotFound);
}

TEST_P(DiskContract, FolderLockKeepsOthersOutUntilItEnds) {
  {
    const auto lock = disk_->lock_folder(root_).value();
    const auto refused = disk_->lock_folder(root_);
    EXPECT_EQ(code_of(refused), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(refused.error().message(), HasSubstr("in use by another process"));
  }
  EXPECT_TRUE(disk_->lock_folder(root_).has_value());
  EXPECT_EQ(names(), (std::vector<std::string>{"lock"}));
  EXPECT_EQ(code_of(disk_->lock_folder(path("missing"))), ErrorCode::kNotFound);
}

TEST_P(DiskContract, DirectWritesOfWholeBlocksAreSeenByOtherHandles) {
  struct alignas(kBlockBytes) Block {
    std::array<char, kBlockBytes> text;
  };
  const auto block = std::make_unique<Block>();
  put("a", std::string(3 * kBlockBytes, 'a'));
  const auto reading = disk_->open(path("a"), OpenMode::kRead).value();
  EXPECT_EQ(text_in(*reading), std::string(3 * kBlockBytes, 'a'));
  const auto direct = disk_->open(path("a"), OpenMode::kWriteDirect).value();
  for (const uint64_t at : {uint64_t{1}, uint64_t{3}}) {  // over the end as well
    block->text.fill('d');
    ASSERT_TRUE(direct->write_at(at * kBlockBytes, std::as_bytes(std::span(block->text))).has_value());
  }
  ASSERT_TRUE(direct->sync_data().has_value());
  EXPECT_EQ(text_in(*reading), std::string(kBlockBytes, 'a') + std::string(kBlockBytes, 'd') +
                                   std::string(kBlockBytes, 'a') + std::string(kBlockBytes, 'd'));
  EXPECT_EQ(code_of(disk_->open(path("missing"), OpenMode::kWriteDirect)), ErrorCode::kNotFound);
}

TEST_P(DiskContract, ReadsRunInParallelWithWritesElsewhereInTheFile) {
  const auto executor = make_thread_executor();
  put("a", std::string(4'096, 'r'));
  auto file = disk_->open(path("a"), OpenMode::kReadWrite).value();
  {
    std::vector<Task> readers;
    for (int i = 0; i < 2; ++i)
      readers.push_back(executor->spawn("reader", [&] {
        std::string text(4'096, '\0');
        for (int round = 0; round < 100; ++round) {
          ASSERT_TRUE(file->read_at(0, std::as_writable_bytes(std::span(text))).has_value());
          ASSERT_EQ(text, std::string(4'096, 'r'));
        }
      }));
    for (uint64_t round = 0; round < 100; ++round) {
      ASSERT_TRUE(file->write_at(4'096 + round * 10, as_bytes("0123456789")).has_value());
      ASSERT_TRUE(disk_->exists(path("a")).value());
    }
  }
  EXPECT_EQ(file->size().value(), 5'096U);
}

INSTANTIATE_TEST_SUITE_P(Disks, DiskContract,
                         testing::Values(Kind{"posix", [] { return make_posix_disk(); }},
                                         Kind{"sim", [] { return std::make_unique<sim::SimDisk>(); }}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace magnetite
