// Bytes at rest that changed: below what is known to be synced that is reported, never passed over.
#include <gmock/gmock.h>

#include <algorithm>

#include "write_buffer/file/recovery.h"
#include "write_buffer/file/segment_files.h"
#include "write_buffer/file/segment_format.h"
#include "write_buffer/testing/sim_log.h"

namespace magnetite::write_buffer {
namespace {

using model::SequencerId;
using testing::World;

enum class Files : uint8_t { kFresh, kRecycled };

class Damage : public ::testing::TestWithParam<Files> {
 protected:
  // Segments with records in each, closed in order, so that all records are known to be synced. Behind the data of
  // recycled ones stand intact batches of the file's earlier life.
  Damage() : world_(1) {
    world_.run([&] {
      ASSERT_TRUE(world_.open());
      for (int round = 0; GetParam() == Files::kRecycled && round < 2; ++round) {
        for (int i = 0; i < 20; ++i) EXPECT_TRUE(world_.write({60}));  // leaves more spares than are needed below
        world_.trim();
      }
      for (const size_t bytes : std::initializer_list<size_t>{20, 30, 250, 5'000, 40, 10, 40, 10})
        EXPECT_TRUE(world_.write({bytes}));
      world_.close();
    });
    before_ = recover();
    EXPECT_GE(before_->segments.size(), 3u);
    const std::string rest = rest_of_last();
    EXPECT_EQ(rest == std::string(rest.size(), '\0'), GetParam() == Files::kFresh);
  }

  std::string path_of(size_t segment) const { return segment_path(World::kFolder, before_->segments[segment].segment); }
  std::string rest_of_last() {
    return world_.disk.read_live(path_of(before_->segments.size() - 1)).value().substr(before_->tail.end);
  }

  // Is there a batch's header or body, and not only padding, at this byte of a segment?
  std::vector<bool> data_of(const RecoveredSegment& segment, uint64_t end) {
    const std::string bytes = world_.disk.read_live(segment_path(World::kFolder, segment.segment)).value();
    const uint64_t seed = format::checksum_seed(before_->log_id, segment.segment);
    std::vector<bool> is_data(bytes.size());
    for (uint64_t offset = format::kDataOffset; offset < end;) {
      const auto at = std::as_bytes(std::span(bytes)).subspan(offset).first<format::kBatchHeaderBytes>();
      const auto header = format::decode_batch_header(at, seed, offset, bytes.size()).value();
      std::fill_n(is_data.begin() + static_cast<ptrdiff_t>(offset), format::kBatchHeaderBytes + header.body_bytes,
                  true);
      offset = header.end();
    }
    return is_data;
  }

  Result<RecoveredLog> recover(Verify closed_segments = Verify::kAll) {
    Result<RecoveredLog> recovered;
    world_.run([&] { recovered = recover_log(world_.disk, World::kFolder, closed_segments); });
    return recovered;
  }
  // Both keep the same records.
  static bool same(const RecoveredLog& a, const RecoveredLog& b) {
    const auto ends = [](const RecoveredLog& log) {
      std::vector<uint64_t> found;
      for (const RecoveredSegment& segment : log.segments) found.push_back(segment.end);
      if (log.tail.has_records) found.back() = log.tail.end;
      return found;
    };
    return ends(a) == ends(b) && a.next_numbers == b.next_numbers;
  }
  ErrorCode code_of(const Result<RecoveredLog>& result) {
    return result ? ErrorCode::kInternal : result.error().code();
  }

  World world_;
  Result<RecoveredLog> before_;
};

TEST_P(Damage, OfAnyBitBelowTheSyncedOffsetIsReportedAndElsewhereHarmless) {
  for (const RecoveredSegment& segment : before_->segments) {
    const std::string path = segment_path(World::kFolder, segment.segment);
    const std::vector<bool> data = data_of(segment, segment.end);
    for (uint64_t byte = 0; byte < segment.file_bytes; ++byte) {
      const bool is_header = byte % format::kHeaderCopyOffset < format::kHeaderBytes && byte < format::kDataOffset;
      if (!data[byte] && !is_header && byte % 16 != 3) continue;  // of much that means nothing a part will do
      for (unsigned bit = 0; bit < 8; bit += data[byte] || is_header ? 1 : 8) {
        ASSERT_TRUE(world_.disk.flip_bit(path, byte, bit));
        const auto after = recover();
        if (data[byte])
          ASSERT_EQ(code_of(after), ErrorCode::kCorruption) << path << " byte " << byte << " bit " << bit;
        else
          ASSERT_TRUE(after && same(*after, *before_)) << path << " byte " << byte << " bit " << bit;
        ASSERT_TRUE(world_.disk.flip_bit(path, byte, bit));
      }
    }
  }
}

TEST_P(Damage, InAClosedSegmentIsLeftToTheReaderWhereThatWasAsked) {
  const auto unread = recover(Verify::kHeaders);
  ASSERT_TRUE(unread && same(*unread, *before_)) << "headers tell the same as all that stands between them";
  ASSERT_TRUE(world_.disk.flip_bit(path_of(1), format::kDataOffset + 70, 3));
  EXPECT_EQ(code_of(recover()), ErrorCode::kCorruption);
  const auto after = recover(Verify::kHeaders);
  EXPECT_TRUE(after && same(*after, *before_));
  ASSERT_TRUE(world_.disk.flip_bit(path_of(before_->segments.size() - 1), format::kDataOffset + 70, 3));
  EXPECT_EQ(code_of(recover(Verify::kHeaders)), ErrorCode::kCorruption) << "the last one is looked at";
}

TEST_P(Damage, ByACutFileIsReported) {
  for (const RecoveredSegment& segment : before_->segments) {
    const std::string path = segment_path(World::kFolder, segment.segment);
    const std::string bytes = world_.disk.read_live(path).value();
    for (size_t length = 0; length < bytes.size(); length += 7) {
      ASSERT_TRUE(world_.disk.overwrite(path, std::string_view(bytes).substr(0, length)));
      ASSERT_EQ(code_of(recover()), ErrorCode::kCorruption) << path << " cut to " << length;
    }
    ASSERT_TRUE(world_.disk.overwrite(path, bytes));
  }
  const auto after = recover();
  EXPECT_TRUE(after && same(*after, *before_));
}

TEST_P(Damage, ByExchangedOrMissingSegmentsIsReported) {
  const std::string first = path_of(1);
  const std::string second = path_of(2);
  const std::string first_bytes = world_.disk.read_live(first).value();
  ASSERT_TRUE(world_.disk.overwrite(first, world_.disk.read_live(second).value()));
  EXPECT_EQ(code_of(recover()), ErrorCode::kCorruption);
  ASSERT_TRUE(world_.disk.overwrite(first, first_bytes));
  ASSERT_TRUE(recover());
  world_.run([&] { ASSERT_TRUE(world_.disk.remove(first)); });
  EXPECT_EQ(code_of(recover()), ErrorCode::kCorruption);
}

TEST_P(Damage, LeavesTheFilesUntouchedAndNamesThePlace) {
  const RecoveredSegment& last = before_->segments.back();
  const std::string path = segment_path(World::kFolder, last.segment);
  ASSERT_TRUE(world_.disk.flip_bit(path, format::kDataOffset + 70, 3));
  const std::string damaged = world_.disk.read_live(path).value();
  Result<> opened;
  const uint64_t changes = world_.disk.operations(sim::DiskOperation::kWrite);
  world_.run([&] { opened = world_.open(); });
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(opened.error().message(), ::testing::HasSubstr(path + " at offset 4096"));
  EXPECT_EQ(world_.disk.read_live(path).value(), damaged);
  EXPECT_EQ(world_.disk.operations(sim::DiskOperation::kWrite), changes);
}

TEST_P(Damage, OfTheLastRecordBeforeItsSyncWasRecordedCutsIt) {
  world_.run([&] {
    ASSERT_TRUE(world_.open());
    ASSERT_TRUE(world_.write({15}));
    world_.disk.power_cut();
    world_.close();
  });
  const auto recovered = recover();
  ASSERT_TRUE(recovered && recovered->tail.has_records);
  const RecoveredSegment& last = recovered->segments.back();
  const std::vector<bool> data = data_of(last, recovered->tail.end);
  for (uint64_t byte = last.end; byte < recovered->tail.end; ++byte) {
    if (!data[byte]) continue;
    const std::string path = segment_path(World::kFolder, last.segment);
    ASSERT_TRUE(world_.disk.flip_bit(path, byte, byte % 8));
    const auto after = recover();
    ASSERT_TRUE(after) << after.error().message();
    EXPECT_EQ(after->tail.end, last.end);
    EXPECT_EQ(after->tail.is_clean, byte < last.end + format::kBatchHeaderBytes) << "a batch without header is none";
    ASSERT_TRUE(world_.disk.flip_bit(path, byte, byte % 8));
  }
}

// A write that was under way when the power failed: any part of it may be there.
TEST_P(Damage, ByATornWriteNeverYieldsMoreOrLessThanTheRecordsBefore) {
  const std::string path = path_of(before_->segments.size() - 1);
  const std::string old_bytes = world_.disk.read_live(path).value();
  world_.run([&] {
    ASSERT_TRUE(world_.open());
    ASSERT_TRUE(world_.write({1'500}));
    world_.disk.power_cut();
    world_.close();
  });
  const std::string new_bytes = world_.disk.read_live(path).value();
  const auto whole = recover();
  ASSERT_TRUE(whole && whole->tail.has_records);
  const uint64_t begin = whole->segments.back().end;
  const uint64_t end = whole->tail.end;
  const std::vector<bool> data = data_of(whole->segments.back(), end);
  const uint64_t data_end =
      static_cast<uint64_t>(std::ranges::find(data.rbegin(), data.rend(), true).base() - data.begin());
  ASSERT_EQ(new_bytes.substr(end), old_bytes.substr(end));
  const auto recover_from = [&](uint64_t from, uint64_t to) {  // of the new write only these bytes arrived
    std::string mixed = old_bytes;
    mixed.replace(from, to - from, new_bytes, from, to - from);
    EXPECT_TRUE(world_.disk.overwrite(path, mixed));
    return recover();
  };
  for (uint64_t cut = begin; cut <= end; ++cut) {
    for (const auto& [from, to] : {std::pair(begin, cut), std::pair(cut, end)}) {
      const auto after = recover_from(from, to);
      ASSERT_TRUE(after) << "bytes " << from << " to " << to << ": " << after.error().message();
      // Padding, and bytes that were equal before, need not arrive.
      const bool is_whole =
          world_.disk.read_live(path).value().compare(begin, data_end - begin, new_bytes, begin, data_end - begin) == 0;
      ASSERT_TRUE(same(*after, is_whole ? *whole : *before_) ||
                  (!is_whole && after->tail.end == begin && !after->tail.has_records))
          << "bytes " << from << " to " << to;
    }
  }
}

TEST_P(Damage, FoundWhileReadingIsOneErrorAndTheStreamGoesOn) {
  size_t records = 0;
  size_t seen = 0;
  size_t errors = 0;
  world_.run([&] {
    ASSERT_TRUE(world_.open());
    records = world_.read(SequencerId{0}).size();
    ASSERT_TRUE(world_.disk.flip_bit(path_of(1), 4096 + 80, 1));
    {
      const auto reader = world_.log->make_reader().value();
      const Streams streams = reader->streams().value();
      while (true) {
        const auto record = streams.at(SequencerId{0})->next(world_.executor.clock().mono_now());
        if (record && !*record) break;
        ++(record ? seen : errors);
      }
    }
    world_.close();
  });
  EXPECT_EQ(errors, 1u);
  EXPECT_EQ(seen + 1, records);
}

INSTANTIATE_TEST_SUITE_P(Of, Damage, ::testing::Values(Files::kFresh, Files::kRecycled),
                         [](const auto& each) { return each.param == Files::kFresh ? "FreshFiles" : "RecycledFiles"; });

}  // namespace
}  // namespace magnetite::write_buffer
