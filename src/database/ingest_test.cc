// A database that reads a log which others write.
#include "database/ingest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>

#include "database/testing/sim_database.h"
#include "entry/wire.h"
#include "write_buffer/memory/memory_log.h"

namespace magnetite::database {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::Rows;
using testing::SimDatabase;
using ::testing::SizeIs;

std::string line(const std::string& tag, int64_t value, int64_t time) {
  return fmt::format("m,t={} v={}i {}\n", tag, value, time);
}

// A log in memory of two sequencers, filled by the test, and a database that reads it.
class IngestTest : public ::testing::Test {
 protected:
  void run(const std::function<void()>& body) {
    world_.run([&] {
      log_ = write_buffer::MemoryLog::make(world_.executor, 2).value();
      world_.open_log = [this] { return open_log(); };
      body();
      world_.stop();
      log_.reset();
    });
  }
  Result<write_buffer::Log> open_log() {
    const auto log = log_;
    return write_buffer::Log::read(
        [log]() -> Result<std::unique_ptr<write_buffer::Reader>> { return log->make_reader(); });
  }
  void produce(uint32_t sequencer, std::string payload, write_buffer::Headers headers = {}) {
    const auto writer = log_->make_writer();
    ASSERT_TRUE(writer->append(model::SequencerId{sequencer}, {std::move(headers), payload}));
  }
  IngestStatus lane(uint32_t sequencer) {
    return world_.database->sequencers().at(sequencer).ingest.value_or(IngestStatus{});
  }
  // Until both lanes have passed all that is in the log.
  void catch_up() {
    const auto reader = log_->make_reader();
    for (uint32_t i = 0; i < 2; ++i) {
      const uint64_t end = reader->high_watermark(model::SequencerId{i}).value().value;
      for (int tries = 0; tries < 1000 && end > 0; ++tries) {
        const auto last = lane(i).last;
        if (last && last->value + 1 >= end) break;
        world_.executor.pause(std::chrono::milliseconds(100));
      }
      if (end > 0) {
        ASSERT_EQ(lane(i).last.value_or(model::SequenceNumber{0}).value + 1, end) << "sequencer " << i;
      }
    }
  }

  SimDatabase world_{1};
  std::shared_ptr<write_buffer::MemoryLog> log_;
};

TEST_F(IngestTest, WhatOthersWriteIsThereAtOnceAndBeforeTheStart) {
  run([&] {
    produce(0, line("a", 1, 10));
    world_.start();
    EXPECT_THAT(world_.rows(), ElementsAre(Pair(Pair("a", 10), 1)));
    produce(1, line("b", 2, 20) + line("c", 3, 30));
    catch_up();
    EXPECT_THAT(world_.rows(), SizeIs(3));
    EXPECT_EQ(lane(1).records_applied, 1u);
    EXPECT_EQ(lane(1).records_failed, 0u);
    EXPECT_EQ(lane(1).last_times, (model::TimeRange{20, 30}));
  });
}

TEST_F(IngestTest, ItCannotBeWritten) {
  run([&] {
    world_.start();
    const auto refused = world_.write(line("a", 1, 10));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(refused.error().message(), HasSubstr("only reads from its write buffer"));
  });
}

TEST_F(IngestTest, EntriesThatMakeNoSenseAreCountedAndPassedOver) {
  run([&] {
    world_.start();
    produce(0, "bytes of somebody else", {{"content-type", "application/x-protobuf"}});
    ASSERT_TRUE(log_->push_error(model::SequencerId{0}, Error(ErrorCode::kCorruption, "a tombstone")));
    produce(0, line("a", 1, 10) + "this is not line protocol\n" + line("b", 2, 20));
    produce(0, "m,t=c v=\"a string\" 30\n");
    produce(0, line("d", 4, 40));
    catch_up();
    EXPECT_THAT(world_.rows(), ElementsAre(Pair(Pair("a", 10), 1), Pair(Pair("b", 20), 2), Pair(Pair("d", 40), 4)));
    EXPECT_EQ(lane(0).records_applied, 1u);
    EXPECT_EQ(lane(0).records_failed, 4u);
    EXPECT_EQ(lane(0).problem, "");
  });
}

TEST_F(IngestTest, RecordsOfOtherDatabasesAndOfAnybodyAreReadByName) {
  run([&] {
    world_.start();
    const entry::EntryHeaders other{"other",
                                    model::Uuid::random(),
                                    model::Uuid::random(),
                                    {{"m", model::ColumnId{9}, "t", model::ColumnType::kTag},
                                     {"m", model::ColumnId{3}, "v", model::ColumnType::kInteger}}};
    produce(0, line("a", 1, 10), entry::encode(other));
    produce(1, "m,t=b v=2i 20\n", {{"content-type", "text/vnd.influx.lineprotocol; precision=s"}});
    produce(1, "m,t=c v=3i\n");
    catch_up();
    const Rows rows = world_.rows();
    ASSERT_THAT(rows, SizeIs(3));
    EXPECT_EQ(rows.at({"a", 10}), 1);
    EXPECT_EQ(rows.at({"b", 20'000'000'000}), 2);
    EXPECT_GT(rows.rbegin()->first.second, 1'000'000'000'000'000'000) << "without a time it is the producer's";
  });
}

TEST_F(IngestTest, AFullMemoryHoldsTheEntryUntilThereIsRoom) {
  run([&] {
    world_.start();
    produce(1, line("z", 1, 10));
    catch_up();
    world_.rules.lifecycle.immutable = true;
    world_.database->update_rules(world_.rules);
    produce(0, line("a", 1, 10));
    for (int tries = 0; tries < 100 && lane(0).problem.empty(); ++tries)
      world_.executor.pause(std::chrono::milliseconds(100));
    EXPECT_THAT(lane(0).problem, HasSubstr("immutable"));
    EXPECT_THAT(world_.rows(), SizeIs(1));
    world_.rules.lifecycle.immutable = false;
    world_.rules.lifecycle.buffer_bytes_hard = 1;
    world_.database->update_rules(world_.rules);
    world_.executor.pause(std::chrono::seconds(1));
    EXPECT_THAT(lane(0).problem, HasSubstr("hard buffer limit"));
    EXPECT_THAT(world_.rows(), SizeIs(1));
    world_.rules.lifecycle.buffer_bytes_hard = 1 << 30;
    world_.database->update_rules(world_.rules);
    catch_up();
    EXPECT_THAT(world_.rows(), SizeIs(2));
    EXPECT_EQ(lane(0).records_failed, 0u);
    EXPECT_EQ(lane(0).problem, "");
  });
}

TEST_F(IngestTest, AfterARestartOnlyWhatIsNotPersistedIsReadAgain) {
  run([&] {
    world_.start();
    const int64_t t = world_.now_nanos();
    produce(0, line("a", 1, t));
    produce(1, line("b", 2, t));
    catch_up();
    world_.advance(std::chrono::seconds(700));
    world_.settle();
    EXPECT_THAT(world_.files(), SizeIs(1));
    produce(0, line("c", 3, t));
    catch_up();
    world_.crash();
    produce(1, line("d", 4, t));
    world_.start();
    EXPECT_EQ(world_.database->replay_counters().records, 2u) << "c and d";
    produce(0, line("e", 5, t));
    catch_up();
    EXPECT_THAT(world_.rows(), SizeIs(5));
    EXPECT_EQ(world_.database->rows(), 5u) << "each once, before any de-duplication";
  });
}

// A stream whose next calls fail, as long as failures are left.
class FlakyStream final : public write_buffer::Stream {
 public:
  FlakyStream(std::unique_ptr<write_buffer::Stream> stream, std::atomic<int>& failures_left)
      : stream_(std::move(stream)), failures_left_(failures_left) {}
  Result<std::optional<write_buffer::SequencedRecord>> next(MonoTime deadline) override {
    if (failures_left_ > 0 && failures_left_-- > 0) return fail(ErrorCode::kUnavailable, "the leader is gone");
    return stream_->next(deadline);
  }
  model::SequenceNumber position() const override { return stream_->position(); }

 private:
  const std::unique_ptr<write_buffer::Stream> stream_;
  std::atomic<int>& failures_left_;
};

class FlakyReader final : public write_buffer::Reader {
 public:
  FlakyReader(std::unique_ptr<write_buffer::Reader> reader, std::atomic<int>& failures_left)
      : reader_(std::move(reader)), failures_left_(failures_left) {}
  std::string_view type_name() const override { return reader_->type_name(); }
  model::Uuid log_id() const override { return reader_->log_id(); }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return reader_->sequencer_ids(); }
  Result<write_buffer::Streams> streams() override {
    MAGNETITE_TRY(write_buffer::Streams streams, reader_->streams());
    for (auto& [sequencer, stream] : streams) stream = std::make_unique<FlakyStream>(std::move(stream), failures_left_);
    return streams;
  }
  Result<> seek(model::SequencerId id, model::SequenceNumber number) override { return reader_->seek(id, number); }
  Result<model::SequenceNumber> high_watermark(model::SequencerId id) override { return reader_->high_watermark(id); }
  Result<model::SequenceNumber> low_watermark(model::SequencerId id) override { return reader_->low_watermark(id); }
  write_buffer::ReaderStatus status() const override { return reader_->status(); }

 private:
  const std::unique_ptr<write_buffer::Reader> reader_;
  std::atomic<int>& failures_left_;
};

TEST_F(IngestTest, AReaderThatKeepsFailingIsMadeAnewAndGoesOnWhereItWas) {
  std::atomic<int> failures_left = 0;
  size_t readers = 0;
  run([&] {
    world_.open_log = [&] {
      const auto log = log_;
      return write_buffer::Log::read(
          [log, &failures_left, &readers]() -> Result<std::unique_ptr<write_buffer::Reader>> {
            ++readers;
            return std::make_unique<FlakyReader>(log->make_reader(), failures_left);
          });
    };
    world_.start();
    produce(0, line("a", 1, 10));
    catch_up();
    const size_t readers_before = readers;
    failures_left = 40;
    world_.executor.pause(std::chrono::minutes(1));
    EXPECT_EQ(failures_left, 0);
    produce(0, line("b", 2, 20));
    produce(1, line("c", 3, 30));
    catch_up();
    EXPECT_GT(readers, readers_before);
    EXPECT_THAT(world_.rows(), SizeIs(3));
    EXPECT_EQ(world_.database->rows(), 3u) << "each once, before any de-duplication";
    EXPECT_EQ(lane(0).read_failures + lane(1).read_failures, 40u);
  });
}

TEST_F(IngestTest, AnotherLogInItsPlaceIsRefusedUnlessAccepted) {
  run([&] {
    world_.start();
    produce(0, line("a", 1, world_.now_nanos()));
    catch_up();
    world_.advance(std::chrono::seconds(700));
    world_.settle();
    world_.stop();
    log_ = write_buffer::MemoryLog::make(world_.executor, 2).value();
    produce(0, line("b", 2, world_.now_nanos()));
    const auto refused = world_.try_start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(refused.error().message(), HasSubstr("--accept-log-loss"));
    world_.choices.accept_loss = true;
    world_.start();
    EXPECT_THAT(world_.rows(), SizeIs(2)) << "what was persisted, and all of the new log";
    world_.stop();
    world_.choices.accept_loss = false;
    world_.start();
    EXPECT_THAT(world_.rows(), SizeIs(2)) << "now it is the known one";
  });
}

TEST_F(IngestTest, EntriesThatAreGoneAreRefusedUnlessAccepted) {
  run([&] {
    world_.start();
    produce(0, line("a", 1, world_.now_nanos()));
    produce(1, line("x", 1, world_.now_nanos()));
    catch_up();
    world_.advance(std::chrono::seconds(700));
    world_.settle();
    for (int i = 0; i < 3; ++i) produce(0, line("b", i, world_.now_nanos()));
    world_.stop();
    ASSERT_TRUE(log_->make_writer()->trim(model::SequencerId{0}, model::SequenceNumber{3}));
    const auto refused = world_.try_start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(refused.error().message(), HasSubstr("starts at number 3, but number 1"));
    world_.choices.accept_loss = true;
    world_.start();
    EXPECT_THAT(world_.rows(), SizeIs(3));
  });
}

TEST_F(IngestTest, ASkippedReplayBringsOnlyWhatComesLater) {
  run([&] {
    world_.start();
    produce(0, line("a", 1, world_.now_nanos()));
    catch_up();
    world_.advance(std::chrono::seconds(700));
    world_.settle();
    produce(0, line("b", 2, world_.now_nanos()));
    produce(1, line("c", 2, world_.now_nanos()));
    catch_up();
    world_.stop();
    world_.choices.skip = true;
    world_.start();
    produce(1, line("d", 3, world_.now_nanos()));
    catch_up();
    EXPECT_THAT(world_.rows(), SizeIs(2)) << "a is persisted, d came later";
    world_.advance(std::chrono::seconds(700));
    world_.settle();
    world_.stop();
    world_.choices.skip = false;
    world_.start();
    EXPECT_THAT(world_.rows(), SizeIs(2)) << "and it stays so";
  });
}

// Keys of one series that several sequencers carry: which row is the last is decided by the order of arrival, but none
// is lost and none is torn.
TEST_F(IngestTest, SequencersMayShareAPartition) {
  run([&] {
    world_.start();
    const int64_t t = world_.now_nanos();
    for (int i = 0; i < 200; ++i) produce(static_cast<uint32_t>(i % 2), line("s" + std::to_string(i % 50), i, t + i));
    catch_up();
    EXPECT_THAT(world_.rows(), SizeIs(200));
    world_.advance(std::chrono::seconds(700));
    world_.settle();
    EXPECT_THAT(world_.rows(), SizeIs(200));
  });
}

}  // namespace
}  // namespace magnetite::database
