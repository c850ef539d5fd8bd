#include "base/sim/sim_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/sim/sim_executor.h"

namespace magnetite::sim {
namespace {

using testing::HasSubstr;
using testing::IsSubsetOf;

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

PowerCutPolicy policy(Survival writes, Survival names = Survival::kAll) { return {.writes = writes, .names = names}; }

class SimDiskTest : public testing::Test {
 protected:
  std::unique_ptr<File> create(const std::string& path) { return disk_.open(path, OpenMode::kCreate).value(); }
  static void write(File& file, uint64_t offset, std::string_view text) {
    ASSERT_TRUE(file.write_at(offset, as_bytes(text)).has_value());
  }
  // "aaaa" durable, then three unsynced writes.
  std::unique_ptr<File> prepare() {
    auto file = create("f");
    write(*file, 0, "aaaa");
    EXPECT_TRUE(file->sync_data().has_value());
    EXPECT_TRUE(disk_.sync_directory("").has_value());
    write(*file, 0, "b");
    write(*file, 1, "c");
    write(*file, 4, "d");
    return file;
  }
  // All contents that `cut` leaves of prepare()'s file, over many seeds.
  std::set<std::string> outcomes(Survival survival, int seeds = 200) {
    const auto file = prepare();
    const SimDisk::Snapshot before = disk_.snapshot();
    std::set<std::string> found;
    for (int i = 0; i < seeds; ++i) {
      disk_.restore(before);
      disk_.power_cut(policy(survival));
      found.insert(disk_.read_live("f").value());
      EXPECT_EQ(disk_.read_live("f").value(), disk_.read_durable("f").value());
    }
    return found;
  }
  std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const DirectoryEntry& entry : disk_.list("").value()) found.push_back(entry.name);
    return found;
  }

  SimDisk disk_;
};

TEST_F(SimDiskTest, KeepAllKeepsEveryWrite) { EXPECT_EQ(outcomes(Survival::kAll), std::set<std::string>{"bcaad"}); }

TEST_F(SimDiskTest, KeepNoneFallsBackToTheLastSync) {
  EXPECT_EQ(outcomes(Survival::kNone), std::set<std::string>{"aaaa"});
}

TEST_F(SimDiskTest, PrefixKeepsWritesInTheirOrder) {
  EXPECT_EQ(outcomes(Survival::kPrefix), (std::set<std::string>{"aaaa", "baaa", "bcaa", "bcaad"}));
}

TEST_F(SimDiskTest, SubsetKeepsAnyOfThem) {
  EXPECT_EQ(outcomes(Survival::kSubset),
            (std::set<std::string>{"aaaa", "baaa", "acaa", "bcaa", "aaaad", "baaad", "acaad", "bcaad"}));
}

TEST_F(SimDiskTest, TornWriteIsKeptLostZeroedOrGarbageBySector) {
  auto file = create("t");
  write(*file, 0, std::string(2'048, 'o'));
  ASSERT_TRUE(file->sync_data().has_value());
  ASSERT_TRUE(disk_.sync_directory("").has_value());
  write(*file, 100, std::string(1'800, 'n'));
  const SimDisk::Snapshot before = disk_.snapshot();
  std::set<std::string> sectors;
  bool garbage = false;
  for (int i = 0; i < 200; ++i) {
    disk_.restore(before);
    disk_.power_cut(policy(Survival::kTorn));
    const std::string text = disk_.read_live("t").value();
    ASSERT_EQ(text.size(), 2'048U);
    EXPECT_EQ(text.substr(0, 100), std::string(100, 'o'));  // bytes outside the write are never damaged
    EXPECT_EQ(text.substr(1'900), std::string(148, 'o'));
    const std::string sector = text.substr(512, 512);
    if (std::ranges::count(sector, sector[0]) == 512)
      sectors.insert(sector.substr(0, 1));
    else
      garbage = true;
  }
  EXPECT_EQ(sectors, (std::set<std::string>{"o", "n", std::string(1, '\0')}));
  EXPECT_TRUE(garbage);
}

TEST_F(SimDiskTest, TornAppendMayGrowTheFileBeforeItsData) {
  auto file = create("t");
  ASSERT_TRUE(disk_.sync_directory("").has_value());
  write(*file, 0, std::string(1'024, 'n'));
  const SimDisk::Snapshot before = disk_.snapshot();
  std::set<size_t> sizes;
  for (int i = 0; i < 100; ++i) {
    disk_.restore(before);
    disk_.power_cut(policy(Survival::kTorn));
    sizes.insert(disk_.read_live("t").value().size());
  }
  EXPECT_EQ(sizes, (std::set<size_t>{0, 512, 1'024}));
}

TEST_F(SimDiskTest, PrefixEndCutsTheWholeDiskAtOneMoment) {
  auto one = create("1");
  auto two = create("2");
  ASSERT_TRUE(disk_.sync_directory("").has_value());
  const uint64_t begin = disk_.changes();
  for (const char* text : {"a", "b", "c"}) {
    write(*one, one->size().value(), text);
    write(*two, two->size().value(), text);
  }
  const SimDisk::Snapshot before = disk_.snapshot();
  std::vector<std::string> found;
  for (uint64_t end = begin + 1; end <= disk_.changes() + 1; ++end) {
    disk_.restore(before);
    disk_.power_cut({.writes = Survival::kPrefix, .names = Survival::kPrefix, .prefix_end = end});
    found.push_back(disk_.read_live("1").value() + "|" + disk_.read_live("2").value());
  }
  EXPECT_EQ(found, (std::vector<std::string>{"|", "a|", "a|a", "ab|a", "ab|ab", "abc|ab", "abc|abc"}));
}

TEST_F(SimDiskTest, SamePolicySeedLeavesTheSameDisk) {
  prepare();
  const SimDisk::Snapshot before = disk_.snapshot();
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::set<std::string> found;
    for (int i = 0; i < 3; ++i) {
      disk_.restore(before);
      disk_.power_cut({.names = Survival::kAll, .seed = seed});
      found.insert(disk_.read_live("f").value());
    }
    EXPECT_EQ(found.size(), 1U);
  }
}

TEST_F(SimDiskTest, NameIsDurableOnlyAfterSyncDirectory) {
  auto file = create("f");
  write(*file, 0, "hello");
  ASSERT_TRUE(file->sync_data().has_value());
  EXPECT_FALSE(disk_.read_durable("f").has_value());
  const SimDisk::Snapshot before = disk_.snapshot();
  disk_.power_cut(policy(Survival::kAll, Survival::kNone));
  EXPECT_FALSE(disk_.exists("f").value());

  disk_.restore(before);
  ASSERT_TRUE(disk_.sync_directory("").has_value());
  disk_.power_cut(policy(Survival::kNone, Survival::kNone));
  EXPECT_EQ(disk_.read_live("f").value(), "hello");
}

TEST_F(SimDiskTest, UnsyncedRemoveAndRenameMayBeUndone) {
  ASSERT_TRUE(disk_.overwrite("a", "one").has_value());
  ASSERT_TRUE(disk_.overwrite("b", "two").has_value());
  ASSERT_TRUE(disk_.rename("a", "b").has_value());
  ASSERT_TRUE(disk_.link("b", "c").has_value());
  ASSERT_TRUE(disk_.remove("b").has_value());
  const SimDisk::Snapshot before = disk_.snapshot();
  std::set<std::string> found;
  for (int i = 0; i < 100; ++i) {
    disk_.restore(before);
    disk_.power_cut(policy(Survival::kAll, Survival::kPrefix));
    std::string state;
    for (const std::string& name : names()) state += name + "=" + disk_.read_live(name).value() + " ";
    found.insert(state);
  }
  EXPECT_EQ(found, (std::set<std::string>{"a=one b=two ", "b=one ", "b=one c=one ", "c=one "}));
}

TEST_F(SimDiskTest, RenameBetweenFoldersNeverLosesTheFile) {
  ASSERT_TRUE(disk_.create_directories("x").has_value());
  ASSERT_TRUE(disk_.overwrite("a", "one").has_value());
  ASSERT_TRUE(disk_.rename("a", "x/a").has_value());
  const SimDisk::Snapshot before = disk_.snapshot();
  for (int i = 0; i < 100; ++i) {
    disk_.restore(before);
    disk_.power_cut(policy(Survival::kAll, Survival::kSubset));
    EXPECT_TRUE(disk_.exists("a").value() || disk_.exists("x/a").value());
  }
}

TEST_F(SimDiskTest, CreateDirectoriesIsDurableAtOnce) {
  ASSERT_TRUE(disk_.create_directories("x/y").has_value());
  disk_.power_cut(policy(Survival::kNone, Survival::kNone));
  EXPECT_TRUE(disk_.exists("x/y").value());
}

TEST_F(SimDiskTest, HandlesAndLocksFromBeforeAPowerCutAreDead) {
  const auto file = prepare();
  const auto lock = disk_.lock_folder("");
  disk_.power_cut();
  const Result<> write_after = file->write_at(0, as_bytes("x"));
  ASSERT_FALSE(write_after.has_value());
  EXPECT_EQ(write_after.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(write_after.error().message(), HasSubstr("disk lost power"));
  EXPECT_FALSE(file->size().has_value());
  EXPECT_FALSE(file->sync_data().has_value());
  EXPECT_TRUE(disk_.lock_folder("").has_value());
}

TEST_F(SimDiskTest, WhileThePowerIsOffNothingWorks) {
  disk_.power_off();
  EXPECT_EQ(disk_.open("f", OpenMode::kCreate).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(disk_.list("").error().code(), ErrorCode::kUnavailable);
  disk_.power_on();
  EXPECT_TRUE(disk_.list("").has_value());
}

// The house rule for a crash-safe replacement, cut at every change under every policy.
TEST_F(SimDiskTest, ReplacingByWriteSyncRenameSyncIsSafeAtEveryCut) {
  ASSERT_TRUE(disk_.overwrite("f", "old").has_value());
  const SimDisk::Snapshot before = disk_.snapshot();
  const auto replace = [&]() -> Result<> {
    MAGNETITE_TRY(const auto file, disk_.open("f.new", OpenMode::kCreate));
    MAGNETITE_RETURN_IF_ERROR(file->write_at(0, as_bytes("new")));
    MAGNETITE_RETURN_IF_ERROR(file->sync_data());
    MAGNETITE_RETURN_IF_ERROR(disk_.rename("f.new", "f"));
    return disk_.sync_directory("");
  };
  std::set<std::string> found;
  constexpr uint64_t kChanges = 5;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    for (uint64_t n = 1; n <= kChanges + 1; ++n) {
      disk_.restore(before);
      disk_.power_off_at_change(disk_.changes() + n, {.seed = seed});
      const bool was_done = replace().has_value();
      EXPECT_EQ(was_done, n == kChanges + 1);
      disk_.power_cut();
      disk_.power_on();
      const std::string text = disk_.read_live("f").value();
      EXPECT_TRUE(!was_done || text == "new");
      found.insert(text);
    }
  }
  EXPECT_EQ(found, (std::set<std::string>{"new", "old"}));
}

TEST_F(SimDiskTest, FailedSyncForgetsWhatWasWrittenThoughItCanStillBeRead) {
  const auto file = prepare();
  disk_.fail_next({.operation = DiskOperation::kSync, .effect = FaultEffect::kForgetUnsynced});
  EXPECT_FALSE(file->sync_data().has_value());
  EXPECT_EQ(disk_.read_live("f").value(), "bcaad");
  write(*file, 2, "e");
  EXPECT_TRUE(file->sync_data().has_value());  // says yes, as Linux does, and yet the earlier writes are lost
  EXPECT_EQ(disk_.read_durable("f").value(), "aaea");
}

TEST_F(SimDiskTest, FaultWaitsForItsPathAndNumberAndThenPasses) {
  auto log = create("log");
  auto other = create("other");
  disk_.fail_next(
      {.operation = DiskOperation::kWrite, .code = ErrorCode::kCorruption, .count = 2, .after = 1, .path_part = "log"});
  write(*log, 0, "1");
  write(*other, 0, "1");
  EXPECT_EQ(log->write_at(0, as_bytes("2")).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(log->write_at(0, as_bytes("2")).error().code(), ErrorCode::kCorruption);
  write(*other, 0, "1");
  EXPECT_EQ(disk_.read_live("log").value(), "1");
  write(*log, 0, "3");
  EXPECT_EQ(disk_.operations(DiskOperation::kWrite), 6U);
}

TEST_F(SimDiskTest, PartialWriteLeavesItsStart) {
  auto file = create("f");
  std::set<std::string> found;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(file->truncate(0).has_value());
    disk_.fail_next({.operation = DiskOperation::kWrite, .effect = FaultEffect::kPartial});
    EXPECT_FALSE(file->write_at(0, as_bytes("abc")).has_value());
    found.insert(disk_.read_live("f").value());
  }
  EXPECT_EQ(found, (std::set<std::string>{"", "a", "ab", "abc"}));
}

TEST_F(SimDiskTest, OperationMayBeDoneAndYetReportedAsFailed) {
  ASSERT_TRUE(disk_.overwrite("a", "1").has_value());
  disk_.fail_next({.operation = DiskOperation::kLink, .code = ErrorCode::kUnclear, .effect = FaultEffect::kDone});
  EXPECT_EQ(disk_.link("a", "b").error().code(), ErrorCode::kUnclear);
  EXPECT_TRUE(disk_.exists("b").value());
}

TEST_F(SimDiskTest, SpaceIsCountedToTheByte) {
  disk_.set_capacity_bytes(10);
  auto file = create("f");
  write(*file, 0, "12345678");
  EXPECT_EQ(disk_.space("").value().available_bytes, 2U);
  const Result<> full = file->write_at(8, as_bytes("abc"));
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(disk_.read_live("f").value(), "12345678ab");  // what fitted was written
  write(*file, 0, "overwrites");                          // needs no space
}

TEST_F(SimDiskTest, SpaceReturnsWhenTheLastNameAndHandleAreGone) {
  disk_.set_capacity_bytes(10);
  auto file = create("f");
  write(*file, 0, "1234567890");
  ASSERT_TRUE(disk_.link("f", "g").has_value());
  ASSERT_TRUE(disk_.remove("f").has_value());
  EXPECT_EQ(disk_.used_bytes(), 10U);
  ASSERT_TRUE(disk_.remove("g").has_value());
  EXPECT_EQ(disk_.used_bytes(), 10U);  // still open
  EXPECT_EQ(file->truncate(11).error().code(), ErrorCode::kResourceExhausted);
  file.reset();
  EXPECT_EQ(disk_.used_bytes(), 0U);
}

TEST_F(SimDiskTest, FlippedBitIsThereLiveAndDurable) {
  ASSERT_TRUE(disk_.overwrite("f", "aaa").has_value());
  ASSERT_TRUE(disk_.flip_bit("f", 1, 1).has_value());
  EXPECT_EQ(disk_.read_live("f").value(), "aca");
  EXPECT_EQ(disk_.read_durable("f").value(), "aca");
  EXPECT_FALSE(disk_.flip_bit("f", 3, 0).has_value());
}

TEST_F(SimDiskTest, SnapshotIsUntouchedByWhatFollows) {
  const auto file = prepare();
  const SimDisk::Snapshot before = disk_.snapshot();
  write(*file, 0, "zzzzz");
  ASSERT_TRUE(disk_.remove("f").has_value());
  disk_.power_cut(policy(Survival::kAll));
  EXPECT_FALSE(disk_.exists("f").value());
  disk_.restore(before);
  EXPECT_EQ(disk_.read_live("f").value(), "bcaad");
  EXPECT_EQ(disk_.unsynced_changes("f"), 3U);
}

TEST_F(SimDiskTest, ManyFilesComeAndGoWithoutPilingUp) {
  for (int i = 0; i < 2'000; ++i) {
    const std::string name = "f" + std::to_string(i);
    {
      write(*create(name), 0, "x");
    }
    ASSERT_TRUE(disk_.remove(name).has_value());
    if (i % 100 == 0) {
      ASSERT_TRUE(disk_.sync_directory("").has_value());
    }
  }
  EXPECT_EQ(disk_.used_bytes(), 0U);
  disk_.power_cut(policy(Survival::kAll));
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST(SimDiskInTasks, EachOperationLetsOtherTasksRun) {
  std::set<std::string> found;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimExecutor executor(seed);
    SimDisk disk(&executor, seed);
    executor.run([&] {
      std::vector<Task> tasks;
      for (const char letter : {'a', 'b'})
        tasks.push_back(executor.spawn("appender", [&disk, letter] {
          auto file = disk.open("f", OpenMode::kCreate);
          if (!file) file = disk.open("f", OpenMode::kReadWrite);
          for (int i = 0; i < 2; ++i) {
            const uint64_t end = (*file)->size().value();
            EXPECT_TRUE((*file)->write_at(end, as_bytes(std::string(1, letter))).has_value());
          }
        }));
    });
    found.insert(disk.read_live("f").value());
  }
  EXPECT_THAT((std::set<std::string>{"aabb", "abab", "ab", "bb"}), IsSubsetOf(found));
}

TEST(SimDiskInTasks, SyncTakesSimulatedTime) {
  SimExecutor executor(1);
  SimDisk disk(&executor);
  disk.set_sync_latency(std::chrono::milliseconds(4));
  const MonoTime start = executor.clock().mono_now();
  executor.run([&] { EXPECT_TRUE(disk.sync_directory("").has_value()); });
  EXPECT_EQ(executor.clock().mono_now() - start, std::chrono::milliseconds(4));
}

TEST(SimDiskInTasks, AFileIsAsOldAsItsLastChange) {
  SimExecutor executor(1);
  SimDisk disk(&executor);
  executor.run([&] {
    const auto file = disk.open("f", OpenMode::kCreate).value();
    executor.pause(std::chrono::seconds(1));
    const WallTime written = executor.clock().wall_now();
    EXPECT_TRUE(file->write_at(0, as_bytes("x")).has_value());
    executor.pause(std::chrono::seconds(1));
    EXPECT_TRUE(file->sync_data().has_value());
    EXPECT_TRUE(disk.rename("f", "g").has_value());
    EXPECT_EQ(disk.list("").value().front().modified, written);
  });
}

}  // namespace
}  // namespace magnetite::sim
