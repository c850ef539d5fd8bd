// What a reader and a writer do when the topic is not, or no longer, what it was.
#include <librdkafka/rdkafka.h>

#include "write_buffer/kafka/kafka_log.h"
#include "write_buffer/kafka/testing/mock_kafka.h"
#include "write_buffer/testing/conformance.h"

namespace magnetite::write_buffer {
namespace {

using model::SequenceNumber;
using model::SequencerId;
using ::testing::HasSubstr;
using testing::MockKafka;

constexpr const char* kTopic = "log";
const SequencerId kFirst{0};
// The mock cluster deletes the oldest records of a partition above this many bytes.
constexpr size_t kKeptBytes = 5 << 20;

class KafkaLoss : public ::testing::Test {
 protected:
  KafkaLoss() { cluster_.create_topic(kTopic, 2); }

  std::shared_ptr<Writer> writer() {
    KafkaConnection connection = cluster_.connection();
    connection.options = {{"compression.type", "none"}};
    return open_kafka_writer(*executor_, connection, kTopic, limits_).value();
  }
  std::unique_ptr<Reader> reader() {
    return open_kafka_reader(*executor_, cluster_.connection(), kTopic, limits_).value();
  }
  MonoTime soon() { return executor_->clock().mono_now() + std::chrono::seconds(60); }
  Result<std::optional<SequencedRecord>> next_of(Reader& reader) {
    return reader.streams().value().at(kFirst)->next(soon());
  }
  void let_old_records_go(Writer& writer) {
    const std::string large(256 << 10, 'x');
    for (size_t bytes = 0; bytes <= 2 * kKeptBytes; bytes += large.size())
      ASSERT_TRUE(writer.store(kFirst, {{}, large}, soon()));
  }

  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  const KafkaLimits limits_{.topic_check_interval = std::chrono::milliseconds(20)};
  MockKafka cluster_;
};

TEST_F(KafkaLoss, RecordsDeletedBeforeTheyWereReadStopTheStreamUntilASeek) {
  const auto out = writer();
  ASSERT_TRUE(out->store(kFirst, {{}, "a"}, soon()));
  ASSERT_TRUE(out->store(kFirst, {{}, "b"}, soon()));
  const auto in = reader();
  EXPECT_EQ(next_of(*in).value()->payload, "a");
  let_old_records_go(*out);
  const uint64_t low = in->low_watermark(kFirst).value().value;
  ASSERT_GT(low, 1u);
  for (int i = 0; i < 2; ++i) {
    const Streams streams = in->streams().value();
    for (int again = 0; again < 2; ++again) {
      const auto record = streams.at(kFirst)->next(soon());
      ASSERT_FALSE(record);
      EXPECT_EQ(record.error().code(), ErrorCode::kFailedPrecondition);
      EXPECT_THAT(record.error().message(), HasSubstr("offset 1 cannot be read"));
      EXPECT_THAT(record.error().message(), HasSubstr("the topic has " + std::to_string(low) + " to "));
      EXPECT_THAT(record.error().message(), HasSubstr("deleted before they were read"));
    }
  }
  ASSERT_TRUE(in->seek(kFirst, SequenceNumber{1}));
  EXPECT_EQ(next_of(*in).value()->stored_at.sequence.number.value, low);
}

TEST_F(KafkaLoss, AReaderThatSawTheEmptyTopicMissesWhatWasDeletedThen) {
  const auto in = reader();
  const auto out = writer();
  {
    const Streams streams = in->streams().value();
    ASSERT_TRUE(out->store(kFirst, {{}, "a"}, soon()));
    EXPECT_EQ(streams.at(kFirst)->next(soon()).value()->payload, "a");
    // Until the end of the partition was seen, which is then a place that was passed.
    ASSERT_FALSE(*streams.at(kFirst)->next(executor_->clock().mono_now()));
  }
  let_old_records_go(*out);
  EXPECT_EQ(next_of(*in).error().code(), ErrorCode::kFailedPrecondition);
}

TEST_F(KafkaLoss, AFreshReaderBeginsAtWhatIsLeft) {
  const auto out = writer();
  const auto early = reader();
  let_old_records_go(*out);
  const uint64_t low = early->low_watermark(kFirst).value().value;
  ASSERT_GT(low, 0u);
  EXPECT_EQ(next_of(*early).value()->stored_at.sequence.number.value, low);
  EXPECT_EQ(next_of(*reader()).value()->stored_at.sequence.number.value, low);
}

TEST_F(KafkaLoss, ATopicThatWasMadeAgainStopsReadersForEver) {
  const auto out = writer();
  for (const char* payload : {"a", "b"}) ASSERT_TRUE(out->store(kFirst, {{}, payload}, soon()));
  const auto in = reader();
  EXPECT_EQ(next_of(*in).value()->payload, "a");
  MockKafka again;
  again.create_topic(kTopic, 2);
  cluster_.lead_to(again);
  std::optional<Error> stopped;
  {
    const Streams streams = in->streams().value();
    while (!stopped) {
      const auto record = streams.at(kFirst)->next(soon());
      if (!record && in->status().problem.contains("made again")) stopped = record.error();
    }
  }
  EXPECT_EQ(stopped->code(), ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(in->seek(kFirst, SequenceNumber{0}));
  const Error after_seek = next_of(*in).error();
  EXPECT_EQ(after_seek.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(after_seek.message(), HasSubstr("deleted and made again"));
  EXPECT_NE(open_kafka_reader(*executor_, again.connection(), kTopic).value()->log_id(), in->log_id());
}

TEST_F(KafkaLoss, ATopicThatWasMadeAgainIsNotWrittenAnyMore) {
  const auto out = writer();
  ASSERT_TRUE(out->store(kFirst, {{}, "a"}, soon()));
  MockKafka again;
  again.create_topic(kTopic, 2);
  cluster_.lead_to(again);
  while (out->status().accepting) executor_->pause(std::chrono::milliseconds(5));
  EXPECT_THAT(out->status().problem, HasSubstr("made again"));
  EXPECT_EQ(out->append(kFirst, {{}, "b"}).error().code(), ErrorCode::kFailedPrecondition);
}

TEST_F(KafkaLoss, AnAcknowledgedOffsetThatComesAgainStopsTheWriter) {
  const auto out =
      open_kafka_writer(*executor_, cluster_.connection(), kTopic, {.topic_check_interval = std::chrono::hours(1)})
          .value();
  for (const char* payload : {"a", "b"}) ASSERT_TRUE(out->store(kFirst, {{}, payload}, soon()));
  MockKafka again;
  again.create_topic(kTopic, 2);
  cluster_.lead_to(again);
  // The change of leader makes the client look where the brokers are.
  cluster_.fail_produce({RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION});
  while (true) {
    const auto stored = out->store(kFirst, {{}, "c"}, soon());
    if (stored) continue;
    EXPECT_EQ(stored.error().code(), ErrorCode::kUnclear) << stored.error().describe();
    break;
  }
  EXPECT_EQ(out->append(kFirst, {{}, "d"}).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_FALSE(out->status().accepting);
}

TEST_F(KafkaLoss, AProducerThatTheBrokersForgotStopsTheWriter) {
  const auto out = writer();
  ASSERT_TRUE(out->store(kFirst, {{}, "a"}, soon()));
  cluster_.fail_produce({RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  const auto stored = out->store(kFirst, {{}, "b"}, soon());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code(), ErrorCode::kUnclear) << stored.error().describe();
  while (out->status().accepting) executor_->pause(std::chrono::milliseconds(5));
  const Error refused = out->append(kFirst, {{}, "c"}).error();
  EXPECT_EQ(refused.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("opened again"));
  EXPECT_TRUE(writer()->store(kFirst, {{}, "d"}, soon())) << "a new writer can go on";
}

}  // namespace
}  // namespace magnetite::write_buffer
