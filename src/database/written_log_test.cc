// Databases that write a log, for others or of their own: what is in it comes back.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <utility>

#include "database/testing/sim_database.h"
#include "write_buffer/memory/memory_log.h"

namespace magnetite::database {
namespace {

using ::testing::IsEmpty;
using testing::Rows;
using testing::SimDatabase;
using ::testing::SizeIs;

std::string line(const std::string& tag, int64_t value, int64_t time) {
  return fmt::format("m,t={} v={}i {}\n", tag, value, time);
}

// A log in memory of two sequencers that a database writes.
class WritingTest : public ::testing::Test {
 protected:
  void run(bool immutable, const std::function<void()>& body) {
    world_.rules.lifecycle.immutable = immutable;
    world_.rules.write_buffer_writing = "memory:x";
    world_.run([&] {
      log_ = write_buffer::MemoryLog::make(world_.executor, 2).value();
      world_.open_log = [this]() -> Result<write_buffer::Log> {
        const auto log = log_;
        return write_buffer::Log::written(log->make_writer(), [log]() -> Result<std::unique_ptr<write_buffer::Reader>> {
          return log->make_reader();
        });
      };
      body();
      world_.stop();
      log_.reset();
    });
  }
  size_t records() const {
    return log_->records(model::SequencerId{0}).size() + log_->records(model::SequencerId{1}).size();
  }

  SimDatabase world_{2};
  std::shared_ptr<write_buffer::MemoryLog> log_;
};

TEST_F(WritingTest, RowsAreInTheLogAndHereAndComeBack) {
  run(false, [&] {
    world_.start();
    const int64_t t = world_.now_nanos();
    ASSERT_TRUE(world_.write(line("a", 1, t) + line("b", 2, t)));
    EXPECT_EQ(records(), 1u);
    EXPECT_THAT(world_.rows(), SizeIs(2));
    world_.crash();
    world_.start();
    EXPECT_THAT(world_.rows(), SizeIs(2)) << "not persisted, so read from the log";
    ASSERT_TRUE(world_.write(line("c", 3, t)));
    world_.advance(std::chrono::seconds(700));
    world_.settle();
    world_.crash();
    world_.start();
    EXPECT_EQ(world_.database->replay_counters().records, 0u);
    EXPECT_THAT(world_.rows(), SizeIs(3));
  });
}

TEST_F(WritingTest, AForwarderKeepsNothing) {
  run(true, [&] {
    world_.start();
    ASSERT_TRUE(world_.write(line("a", 1, 10)));
    EXPECT_EQ(records(), 1u);
    EXPECT_THAT(world_.rows(), IsEmpty());
    world_.crash();
    world_.start();
    EXPECT_THAT(world_.rows(), IsEmpty());
    model::DatabaseRules mutable_now = world_.rules;
    mutable_now.lifecycle.immutable = false;
    EXPECT_EQ(world_.database->check_update(mutable_now).error().code(), ErrorCode::kFailedPrecondition);
  });
}

// A local log that takes records of a kilobyte, and in which bits flip after it was opened.
class OwnLogTest : public ::testing::Test {
 protected:
  Result<write_buffer::Log> open_log() {
    write_buffer::FileLogOptions options;
    options.folder = "log";
    options.sequencer_count = 1;
    options.segment_bytes = 64 * 1024;
    options.record_bytes_max = 1'000;
    MAGNETITE_TRY(auto log, write_buffer::FileLog::open(world_.disk, world_.executor, options));
    if (std::exchange(damage_, false)) {
      MAGNETITE_TRY(const auto files, world_.disk.list("log"));
      for (const DirectoryEntry& file : files) {
        const auto bytes = world_.disk.read_live("log/" + file.name);
        const size_t at = bytes ? bytes->find("v=1i") : std::string::npos;
        if (at != std::string::npos) MAGNETITE_RETURN_IF_ERROR(world_.disk.flip_bit("log/" + file.name, at, 1));
      }
    }
    return write_buffer::Log::own(std::move(log));
  }
  void run(const std::function<void()>& body) {
    world_.open_log = [this] { return open_log(); };
    world_.run([&] {
      world_.start();
      body();
      world_.stop();
    });
  }

  SimDatabase world_{3};
  bool damage_ = false;
};

TEST_F(OwnLogTest, AWriteAboveARecordsLimitComesBackWhole) {
  run([&] {
    std::string lines;
    for (int i = 0; i < 20; ++i) {  // a few bytes, then most of a record
      lines += fmt::format("m,t=s v={}i {}\n", i, i);
      lines += fmt::format("m,t=l v={}i,s=\"{}\" {}\n", i, std::string(450, 'x'), i);
    }
    const auto written = world_.write(lines);
    ASSERT_TRUE(written) << written.error().describe();
    const Rows before = world_.rows();
    EXPECT_THAT(before, SizeIs(40));
    world_.crash();
    world_.start();
    EXPECT_EQ(world_.database->replay_counters().records_skipped, 0u);
    EXPECT_EQ(world_.rows(), before);
  });
}

TEST_F(OwnLogTest, DamageFoundWhileItIsReadAgainIsNeverPassedOver) {
  run([&] {
    ASSERT_TRUE(world_.write(line("a", 1, 10)));
    ASSERT_TRUE(world_.write(line("b", 2, 20)));
    world_.stop();
    damage_ = true;
    const auto refused = world_.try_start();
    ASSERT_FALSE(refused) << "an acknowledged row would be missing";
    EXPECT_EQ(refused.error().code(), ErrorCode::kCorruption) << refused.error().describe();
  });
}

// What was acknowledged before it was synced may go with the power. Its numbers must not come again below those that
// the catalog calls persisted: later writes would pass for them.
TEST(UnsyncedLog, APowerCutCostsTheLastWritesAndNoLaterOne) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SimDatabase world(seed);
    world.open_log = [&]() -> Result<write_buffer::Log> {
      write_buffer::FileLogOptions options;
      options.folder = "log";
      options.sequencer_count = 1;
      options.segment_bytes = 64 * 1024;
      options.sync.kind = write_buffer::SyncMode::Kind::kOff;
      MAGNETITE_TRY(auto log, write_buffer::FileLog::open(world.disk, world.executor, options));
      return write_buffer::Log::own(std::move(log));
    };
    world.run([&] {
      world.start();
      const int64_t t = world.now_nanos();
      for (int64_t i = 0; i < 20; ++i) ASSERT_TRUE(world.write(line("kept", i, t + i)));
      world.advance(std::chrono::seconds(700));
      world.settle();
      ASSERT_EQ(world.stages().count("ReadBufferAndObjectStore"), 1u) << "the catalog has their numbers";
      ASSERT_TRUE(world.write(line("perhaps", 1, t)));
      world.crash();
      world.start();
      Rows expected;
      for (int64_t i = 0; i < 20; ++i) expected.emplace(std::pair("kept", t + i), i);
      if (world.rows().contains({"perhaps", t})) expected.emplace(std::pair("perhaps", t), 1);
      EXPECT_EQ(world.rows(), expected) << "seed " << seed;
      for (int64_t i = 0; i < 5; ++i) {
        ASSERT_TRUE(world.write(line("later", i, t + i)));
        expected.emplace(std::pair("later", t + i), i);
      }
      world.start();
      EXPECT_EQ(world.rows(), expected) << "seed " << seed;
      world.advance(std::chrono::seconds(700));
      world.settle();
      world.start();
      EXPECT_EQ(world.rows(), expected) << "seed " << seed;
      world.stop();
    });
  }
}

// Bits that flip while the database is down, in a segment that is closed.
class ClosedSegmentTest : public ::testing::Test {
 protected:
  // Row a, then enough of others to close their segment.
  void write_much() {
    ASSERT_TRUE(world_.write(line("a", 1, world_.now_nanos())));
    for (int64_t i = 0; i < 100; ++i)
      ASSERT_TRUE(world_.write(line(std::string(2'000, 'x'), i, world_.now_nanos() + i)));
  }
  void damage() {
    world_.stop();
    for (const DirectoryEntry& file : *world_.disk.list("log")) {
      const std::string path = "log/" + file.name;
      const size_t at = world_.disk.read_live(path)->find("t=a v=1i");
      if (at == std::string::npos) continue;
      ASSERT_TRUE(world_.disk.flip_bit(path, at, 1));
      damaged_ = path;
      return;
    }
    FAIL() << "no segment has the row";
  }

  SimDatabase world_{4};
  std::string damaged_;
};

TEST_F(ClosedSegmentTest, DamageOfWhatIsNeededStopsTheStartUnlessTheLossIsAccepted) {
  world_.run([&] {
    world_.start();
    const int64_t t = world_.now_nanos();
    write_much();
    damage();
    const auto refused = world_.try_start();
    ASSERT_FALSE(refused) << "an acknowledged row would be missing";
    EXPECT_EQ(refused.error().code(), ErrorCode::kCorruption);
    EXPECT_THAT(refused.error().message(), ::testing::HasSubstr(damaged_));
    EXPECT_THAT(refused.error().message(), ::testing::HasSubstr("--accept-log-loss"));
    world_.choices.accept_loss = true;
    ASSERT_TRUE(world_.try_start());
    EXPECT_EQ(world_.rows().count({"a", t}), 0u);
    EXPECT_THAT(world_.rows(), SizeIs(::testing::Gt(50u))) << "what is not damaged";
    world_.stop();
  });
}

TEST_F(ClosedSegmentTest, DamageOfWhatIsPersistedIsInNobodysWay) {
  world_.run([&] {
    world_.start();
    write_much();
    world_.advance(std::chrono::seconds(700));
    const auto trimmed_never = world_.disk.read_live("log/" + world_.disk.list("log")->front().name);
    world_.settle();
    const Rows before = world_.rows();
    ASSERT_TRUE(world_.disk.overwrite("log/" + world_.disk.list("log")->front().name, *trimmed_never))
        << "not yet gone";
    world_.stop();
    ASSERT_TRUE(world_.try_start());
    EXPECT_EQ(world_.rows(), before);
    world_.stop();
  });
}

}  // namespace
}  // namespace magnetite::database
