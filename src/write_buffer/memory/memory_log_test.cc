#include "write_buffer/memory/memory_log.h"

#include "write_buffer/testing/conformance.h"

namespace magnetite::write_buffer {
namespace {

using model::SequenceNumber;
using model::SequencerId;
using testing::LogUnderTest;
using testing::WriteBufferConformance;

class MemoryLogUnderTest final : public LogUnderTest {
 public:
  MemoryLogUnderTest(Executor& executor, uint32_t sequencers) : log_(MemoryLog::make(executor, sequencers)) {}
  std::shared_ptr<Writer> make_writer() override { return log_->make_writer(); }
  std::unique_ptr<Reader> make_reader() override { return log_->make_reader(); }

 private:
  std::shared_ptr<MemoryLog> log_;
};

INSTANTIATE_TEST_SUITE_P(Memory, WriteBufferConformance,
                         ::testing::Values([](Executor& executor,
                                              uint32_t sequencers) -> std::unique_ptr<LogUnderTest> {
                           return std::make_unique<MemoryLogUnderTest>(executor, sequencers);
                         }));

TEST(MemoryLog, MisuseIsRefused) {
  const auto executor = make_thread_executor();
  const auto log = MemoryLog::make(*executor, 1);
  const auto record = [](uint32_t sequencer, uint64_t number) {
    return SequencedRecord{{{SequencerId{sequencer}, SequenceNumber{number}}, {}}, {}, std::to_string(number)};
  };
  EXPECT_TRUE(log->push(record(0, 5))) << "holes are legal";
  EXPECT_FALSE(log->push(record(0, 5)));
  EXPECT_FALSE(log->push(record(1, 0)));
  EXPECT_FALSE(log->push_error(SequencerId{1}, Error(ErrorCode::kUnavailable, "x")));
  EXPECT_EQ(log->records(SequencerId{0}).size(), 1u);
}

TEST(MemoryLog, AnErrorIsDeliveredInPlaceOncePerPass) {
  const auto executor = make_thread_executor();
  const auto log = MemoryLog::make(*executor, 1);
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

TEST(MemoryLog, TrimmingTakesWhatIsBelowAndKeepsReadersInPlace) {
  const auto executor = make_thread_executor();
  const auto log = MemoryLog::make(*executor, 1);
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
