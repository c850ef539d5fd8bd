// Files of a log in tests/compat stay readable as long as their version is; others are refused and left alone.
#include <gmock/gmock.h>
#include <xxhash.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "write_buffer/file/file_log.h"
#include "write_buffer/file/segment_files.h"

namespace magnetite::write_buffer {
namespace {

namespace fs = std::filesystem;
using model::SequencerId;

class OldFormat : public ::testing::Test {
 protected:
  OldFormat() : folder_(::testing::TempDir() + "log-" + model::Uuid::random().text()) {
    fs::copy(fs::path(MAGNETITE_COMPAT_FOLDER) / "local_log/v2", folder_);
  }
  ~OldFormat() override { fs::remove_all(folder_); }

  Result<std::unique_ptr<FileLog>> open() {
    FileLogOptions options;
    options.folder = folder_;
    return FileLog::open(*disk_, *executor_, std::move(options));
  }

  static std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_))
      if (entry.path().filename() != "lock") found[entry.path().filename()] = bytes_of(entry.path());
    return found;
  }

  std::vector<SequencedRecord> read(FileLog& log, uint32_t sequencer) {
    std::vector<SequencedRecord> records;
    const auto reader = log.make_reader().value();
    const Streams streams = reader->streams().value();
    while (auto record = streams.at(SequencerId{sequencer})->next(executor_->clock().mono_now()).value())
      records.push_back(*std::move(record));
    return records;
  }

  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  const std::unique_ptr<Disk> disk_ = make_posix_disk();
  const std::string folder_;
};

TEST_F(OldFormat, Version2IsReadAndGoesOn) {
  const std::string long_payload(300, 'x');
  for (int start = 0; start < 2; ++start) {
    const auto log = open().value();
    EXPECT_EQ(log->writer().log_id().text(), "80c88820-0137-4774-bbdf-73b30949a559");
    const std::vector<SequencedRecord> first = read(*log, 0);
    ASSERT_EQ(first.size(), 3u + static_cast<size_t>(start));
    EXPECT_EQ(first[0].payload, "cpu,host=a usage=1 1000");
    EXPECT_EQ(first[0].headers, (Headers{{"content-type", "text/plain"}, {"writer", std::string("\0\1", 2)}}));
    EXPECT_EQ(first[0].stored_at.sequence.number.value, 0u);
    EXPECT_EQ(first[0].stored_at.written_at.nanos, 1795624658708001886);
    EXPECT_EQ(first[1].payload, "");
    EXPECT_EQ(first[2].payload, "last");
    const std::vector<SequencedRecord> second = read(*log, 1);
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(second[0].payload, long_payload);
    EXPECT_EQ(second[0].stored_at.written_at.nanos, 1795624658815455326);
    const auto stored = log->writer().store(SequencerId{0}, {{}, "new"}, kNever);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->sequence.number.value, first.size());
  }
}

TEST_F(OldFormat, AnyOtherVersionIsRefusedAndLeftAlone) {
  for (const uint32_t version : {1u, 3u}) {
    for (const auto& [name, bytes] : files()) {
      std::string changed = bytes;
      for (const uint64_t copy : {uint64_t{0}, format::kHeaderCopyOffset}) {
        std::memcpy(changed.data() + copy + 16, &version, sizeof(version));
        const uint64_t checksum = XXH3_64bits(changed.data() + copy + 16, format::kHeaderBytes - 16);
        std::memcpy(changed.data() + copy + 8, &checksum, sizeof(checksum));
      }
      std::ofstream(fs::path(folder_) / name, std::ios::binary) << changed;
    }
    const auto before = files();
    const auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(opened.error().message(),
                ::testing::HasSubstr("version " + std::to_string(version) + ", this program reads version 2 only"));
    EXPECT_EQ(files(), before);
  }
}

}  // namespace
}  // namespace magnetite::write_buffer
