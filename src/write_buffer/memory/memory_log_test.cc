#include "write_buffer/memory/memory_log.h"

#include "write_buffer/testing/conformance.h"
#include "write_buffer/testing/failing_log.h"

namespace magnetite::write_buffer {
namespace {

using model::SequenceNumber;
using model::SequencerId;
using testing::Creation;
using testing::LogKind;
using testing::LogUnderTest;
using testing::WriteBufferConformance;
using testing::WriteBufferCreation;
using testing::WriteBufferForeignRecords;

class MemoryLogUnderTest final : public LogUnderTest {
 public:
  MemoryLogUnderTest(Executor& executor, uint32_t sequencers) : logs_(executor), sequencers_(sequencers) {}
  Result<std::shared_ptr<Writer>> open_writer(Creation creation) override {
    MAGNETITE_TRY(const auto log, open(creation));
    return log->make_writer();
  }
  Result<std::shared_ptr<Reader>> open_reader(Creation creation) override {
    MAGNETITE_TRY(const auto log, open(creation));
    return log->make_reader();
  }
  void put_foreign(SequencerId sequencer) override {
    const auto log = open(Creation::kAllowed).value();
    ASSERT_TRUE(log->push_error(sequencer, Error(ErrorCode::kCorruption, "not a record")));
  }

 private:
  Result<std::shared_ptr<MemoryLog>> open(Creation creation) {
    return logs_.open("log", creation == Creation::kAllowed ? std::optional(sequencers_) : std::nullopt);
  }
  MemoryLogs logs_;
  const uint32_t sequencers_;
};

const LogKind kMemory{"memory", [](Executor& executor, uint32_t sequencers) -> std::unique_ptr<LogUnderTest> {
                        return std::make_unique<MemoryLogUnderTest>(executor, sequencers);
                      }};
INSTANTIATE_TEST_SUITE_P(Memory, WriteBufferConformance, ::testing::Values(kMemory));
INSTANTIATE_TEST_SUITE_P(Memory, WriteBufferCreation, ::testing::Values(kMemory));
INSTANTIATE_TEST_SUITE_P(Memory, WriteBufferForeignRecords, ::testing::Values(kMemory));

TEST(MemoryLog, MisuseIsRefused) {
  const auto executor = make_thread_executor();
  const auto log = MemoryLog::make(*executor, 1).value();
  const auto record = [](uint32_t sequencer, uint64_t number) {
    return SequencedRecord{{{SequencerId{sequencer}, SequenceNumber{number}}, {}}, {}, std::to_string(number)};
  };
  const auto code = [](const Result<>& result) { return result ? ErrorCode::kInternal : result.error().code(); };
  EXPECT_TRUE(log->push(record(0, 5))) << "holes are legal";
  EXPECT_EQ(code(log->push(record(0, 5))), ErrorCode::kInvalidInput) << "given already";
  EXPECT_EQ(code(log->push(record(0, 3))), ErrorCode::kInvalidInput) << "below the last";
  EXPECT_EQ(code(log->push(record(0, UINT64_MAX))), ErrorCode::kInvalidInput) << "none could follow";
  EXPECT_EQ(code(log->push(record(1, 0))), ErrorCode::kInvalidInput) << "unknown sequencer";
  EXPECT_EQ(code(log->push_error(SequencerId{1}, Error(ErrorCode::kUnavailable, "x"))), ErrorCode::kInvalidInput);
  EXPECT_EQ(log->records(SequencerId{0}).size(), 1u);
  EXPECT_EQ(MemoryLog::make(*executor, 0).error().code(), ErrorCode::kInvalidInput);
}

TEST(MemoryLog, AnErrorIsDeliveredInPlaceOncePerPass) {
  const auto executor = make_thread_executor();
  const auto log = MemoryLog::make(*executor, 1).value();
  const auto writer = log->make_writer();
  const MonoTime now = executor->clock().mono_now();
  ASSERT_TRUE(writer->store(SequencerId{0}, {{}, "a"}, now));
  ASSERT_TRUE(log->push_error(SequencerId{0}, Error(ErrorCode::kUnavailable, "broker is gone")));
  ASSERT_TRUE(writer->store(SequencerId{0}, {{}, "b"}, now));
  const auto reader = log->make_reader();
  for (int pass = 0; pass < 2; ++pass) {
    ASSERT_TRUE(reader->seek(SequencerId{0}, {}));
    const Streams streams = reader->streams().value();
    Stream& stream = *streams.at(SequencerId{0});
    EXPECT_EQ(stream.next(now).value()->payload, "a");
    EXPECT_EQ(stream.next(now).error().message(), "broker is gone");
    EXPECT_EQ(stream.next(now).value()->payload, "b");
  }
}

TEST(MemoryLog, ASeekBeyondAnErrorPassesOverIt) {
  const auto executor = make_thread_executor();
  const auto log = MemoryLog::make(*executor, 1).value();
  const auto writer = log->make_writer();
  const MonoTime now = executor->clock().mono_now();
  ASSERT_TRUE(log->push_error(SequencerId{0}, Error(ErrorCode::kUnavailable, "before a")));
  ASSERT_TRUE(writer->store(SequencerId{0}, {{}, "a"}, now));
  ASSERT_TRUE(log->push_error(SequencerId{0}, Error(ErrorCode::kUnavailable, "before b")));
  ASSERT_TRUE(writer->store(SequencerId{0}, {{}, "b"}, now));
  const auto reader = log->make_reader();
  ASSERT_TRUE(reader->seek(SequencerId{0}, SequenceNumber{1}));
  const Streams streams = reader->streams().value();
  EXPECT_EQ(streams.at(SequencerId{0})->next(now).error().message(), "before b");
  EXPECT_EQ(streams.at(SequencerId{0})->next(now).value()->payload, "b");
  EXPECT_EQ(reader->status().error_items, 1u);
}

TEST(MemoryLog, AHoleIsPassedOverAndTheNextNumberFollowsIt) {
  const auto executor = make_thread_executor();
  const auto log = MemoryLog::make(*executor, 1).value();
  const auto writer = log->make_writer();
  const MonoTime now = executor->clock().mono_now();
  ASSERT_TRUE(log->push({{{SequencerId{0}, SequenceNumber{7}}, {}}, {}, "seven"}));
  EXPECT_EQ(writer->store(SequencerId{0}, {{}, "a"}, now).value().sequence.number, SequenceNumber{8});
  const auto reader = log->make_reader();
  ASSERT_TRUE(reader->seek(SequencerId{0}, SequenceNumber{3}));
  const Streams streams = reader->streams().value();
  EXPECT_EQ(streams.at(SequencerId{0})->next(now).value()->payload, "seven");
}

TEST(MemoryLog, WhatAlwaysFailsFailsInEveryCall) {
  const auto executor = make_thread_executor();
  const Error broken(ErrorCode::kUnavailable, "the broker is gone");
  testing::FailingWriter writer(broken);
  testing::FailingReader reader(broken);
  const SequencerId sequencer{0};
  EXPECT_EQ(writer.store(sequencer, {}, executor->clock().mono_now()).error().message(), broken.message());
  EXPECT_EQ(writer.trim(sequencer, {}).error().message(), broken.message());
  EXPECT_FALSE(writer.status().accepting);
  EXPECT_FALSE(reader.streams());
  EXPECT_FALSE(reader.seek(sequencer, {}));
  EXPECT_FALSE(reader.high_watermark(sequencer));
  EXPECT_FALSE(reader.low_watermark(sequencer));
  EXPECT_EQ(reader.status().problem, broken.message());
}

TEST(MemoryLog, TrimmingTakesWhatIsBelowAndKeepsReadersInPlace) {
  const auto executor = make_thread_executor();
  const auto log = MemoryLog::make(*executor, 1).value();
  const auto writer = log->make_writer();
  const auto reader = log->make_reader();
  const MonoTime now = executor->clock().mono_now();
  for (const char* payload : {"a", "b", "c"}) ASSERT_TRUE(writer->store(SequencerId{0}, {{}, payload}, now));
  const Streams streams = reader->streams().value();
  EXPECT_EQ(streams.at(SequencerId{0})->next(now).value()->payload, "a");
  ASSERT_TRUE(writer->trim(SequencerId{0}, SequenceNumber{2}));
  EXPECT_EQ(reader->low_watermark(SequencerId{0}).value(), SequenceNumber{2});
  EXPECT_EQ(streams.at(SequencerId{0})->next(now).value()->payload, "c");
  ASSERT_TRUE(writer->trim(SequencerId{0}, SequenceNumber{3}));
  EXPECT_EQ(reader->low_watermark(SequencerId{0}).value(), SequenceNumber{3});
}

}  // namespace
}  // namespace magnetite::write_buffer
