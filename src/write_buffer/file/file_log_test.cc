#include "write_buffer/file/file_log.h"

#include <filesystem>

#include "write_buffer/testing/conformance.h"
#include "write_buffer/testing/sim_log.h"

namespace magnetite::write_buffer {
namespace {

using model::SequenceNumber;
using model::SequencerId;
using sim::DiskOperation;
using testing::Creation;
using testing::LogKind;
using testing::LogUnderTest;
using testing::World;
using testing::WriteBufferConformance;

// On the real disk, with segments so small that they are changed, trimmed and used again. One process has it.
class FileLogUnderTest final : public LogUnderTest {
 public:
  FileLogUnderTest(Executor& executor, uint32_t sequencers)
      : disk_(make_posix_disk()), folder_(::testing::TempDir() + "log-" + model::Uuid::random().text()) {
    FileLogOptions options;
    options.folder = folder_;
    options.sequencer_count = sequencers;
    options.segment_bytes = 6 * 4096;
    log_ = FileLog::open(*disk_, executor, options).value();
  }
  ~FileLogUnderTest() override {
    log_.reset();
    std::filesystem::remove_all(folder_);
  }
  Result<std::shared_ptr<Writer>> open_writer(Creation) override {
    return std::shared_ptr<Writer>(log_, &log_->writer());
  }
  Result<std::shared_ptr<Reader>> open_reader(Creation) override { return log_->make_reader().value(); }

 private:
  const std::unique_ptr<Disk> disk_;
  const std::string folder_;
  std::shared_ptr<FileLog> log_;
};

const LogKind kFile{"file", [](Executor& executor, uint32_t sequencers) -> std::unique_ptr<LogUnderTest> {
                      return std::make_unique<FileLogUnderTest>(executor, sequencers);
                    }};
INSTANTIATE_TEST_SUITE_P(File, WriteBufferConformance, ::testing::Values(kFile));

size_t files_ending_in(World& world, std::string_view suffix) {
  size_t count = 0;
  for (const DirectoryEntry& entry : world.disk.list(World::kFolder).value())
    count += entry.name.ends_with(suffix) ? 1 : 0;
  return count;
}

TEST(FileLog, ATrimmedSegmentIsUsedAgainAsItIs) {
  World world;
  world.run([&] {
    ASSERT_TRUE(world.open());
    const auto fill_and_trim = [&] {
      for (int i = 0; i < 4; ++i) EXPECT_TRUE(world.write({5'000, 50}));
      world.trim();
    };
    for (int round = 0; round < 4; ++round) fill_and_trim();
    const uint64_t created = world.disk.operations(DiskOperation::kCreate);
    for (int round = 0; round < 20; ++round) fill_and_trim();
    EXPECT_LE(world.disk.operations(DiskOperation::kCreate), created + 1) << "one when all spares are in use";
    EXPECT_EQ(world.judge(), "");
    world.close();
  });
}

TEST(FileLog, KeepsFewSparesAlsoOverARestart) {
  World world;
  world.run([&] {
    ASSERT_TRUE(world.open());
    for (int i = 0; i < 12; ++i) EXPECT_TRUE(world.write({7'000}));
    world.trim();
    EXPECT_EQ(files_ending_in(world, ".spare"), 4u);
    EXPECT_LE(files_ending_in(world, ".log"), 3u);
    world.close();
    ASSERT_TRUE(world.disk.overwrite(std::string(World::kFolder) + "/short.spare", "too short to be one"));
    ASSERT_TRUE(world.disk.overwrite(std::string(World::kFolder) + "/prepared.new", "never finished"));
    ASSERT_TRUE(world.open());
    EXPECT_EQ(files_ending_in(world, ".spare"), 4u);
    EXPECT_EQ(files_ending_in(world, ".new"), 0u);
    const uint64_t created = world.disk.operations(DiskOperation::kCreate);
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(world.write({7'000}));
    EXPECT_EQ(files_ending_in(world, ".spare"), 0u);
    EXPECT_LE(world.disk.operations(DiskOperation::kCreate), created + 1) << "the one after them";
    EXPECT_EQ(world.judge(), "");
    world.close();
  });
}

TEST(FileLog, TheLowWatermarkFollowsTrimmingInEverySequencer) {
  World world;
  world.run([&] {
    ASSERT_TRUE(world.open());
    for (int i = 0; i < 16; ++i) EXPECT_TRUE(world.write({7'000}));
    const auto reader = world.log->make_reader().value();
    const auto low = [&](uint32_t sequencer) { return reader->low_watermark(SequencerId{sequencer}).value().value; };
    ASSERT_TRUE(world.log->writer().trim(SequencerId{0}, SequenceNumber{6}));
    EXPECT_EQ(low(0), 0u) << "the segments hold records of the other sequencer as well";
    ASSERT_TRUE(world.log->writer().trim(SequencerId{1}, SequenceNumber{4}));
    EXPECT_GT(low(0), 0u);
    EXPECT_LE(low(0), 4u);
    EXPECT_EQ(low(1), low(0));
    ASSERT_TRUE(world.log->writer().trim(SequencerId{1}, SequenceNumber{2}));
    ASSERT_TRUE(world.log->writer().trim(SequencerId{1}, SequenceNumber{8}));
    EXPECT_GT(low(1), 4u);
    EXPECT_LE(low(0), 6u) << "what is said once holds";
    const uint64_t before = low(0);
    world.close();
    ASSERT_TRUE(world.open());
    EXPECT_EQ(world.log->make_reader().value()->low_watermark(SequencerId{0}).value().value, before);
    world.close();
  });
}

}  // namespace
}  // namespace magnetite::write_buffer
