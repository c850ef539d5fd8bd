// Our unchanged clients against brokers inside the process.
#include "write_buffer/kafka/kafka_log.h"

#include <librdkafka/rdkafka.h>

#include "write_buffer/kafka/testing/mock_kafka.h"
#include "write_buffer/kafka/testing/raw_kafka.h"
#include "write_buffer/testing/conformance.h"

namespace magnetite::write_buffer {
namespace testing {
// The cluster in the process creates no topics; kafka_broker_test.cc runs these..
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WriteBufferCreation);
}  // namespace testing
namespace {

using model::SequenceNumber;
using model::SequencerId;
using testing::Creation;
using ::testing::HasSubstr;
using testing::LogKind;
using testing::LogUnderTest;
using testing::MockKafka;
using testing::ShiftedExecutor;
using testing::WriteBufferConformance;
using testing::WriteBufferForeignRecords;

constexpr const char* kTopic = "log";
const SequencerId kFirst{0};
const SequencerId kSecond{1};

class MockLogUnderTest final : public LogUnderTest {
 public:
  MockLogUnderTest(Executor& executor, uint32_t sequencers) : executor_(executor) {
    cluster_.create_topic(kTopic, sequencers);
  }
  Result<std::shared_ptr<Writer>> open_writer(Creation) override {
    return open_kafka_writer(executor_, cluster_.connection(), kTopic);
  }
  Result<std::shared_ptr<Reader>> open_reader(Creation) override {
    return open_kafka_reader(executor_, cluster_.connection(), kTopic);
  }
  void put_foreign(SequencerId sequencer) override { cluster_.produce(kTopic, sequencer.value, nullptr); }

 private:
  Executor& executor_;
  MockKafka cluster_;
};

const LogKind kMock{"mock kafka", [](Executor& executor, uint32_t sequencers) -> std::unique_ptr<LogUnderTest> {
                      return std::make_unique<MockLogUnderTest>(executor, sequencers);
                    }};
INSTANTIATE_TEST_SUITE_P(MockKafka, WriteBufferConformance, ::testing::Values(kMock));
INSTANTIATE_TEST_SUITE_P(MockKafka, WriteBufferForeignRecords, ::testing::Values(kMock));

using Options = std::vector<std::pair<std::string, std::string>>;

class KafkaLog : public ::testing::Test {
 protected:
  KafkaLog() { cluster_.create_topic(kTopic, 2); }

  std::shared_ptr<Writer> writer(Options options = {}, const KafkaLimits& limits = {}) {
    KafkaConnection connection = cluster_.connection();
    connection.options = std::move(options);
    return open_kafka_writer(executor_, connection, kTopic, limits).value();
  }
  std::unique_ptr<Reader> reader() { return open_kafka_reader(executor_, cluster_.connection(), kTopic).value(); }
  MonoTime soon() { return executor_.clock().mono_now() + std::chrono::seconds(60); }
  // A machine under load may take longer than the short time-out of a test.
  Result<StoredAt> store_in_the_end(Writer& out, std::string_view payload) {
    const MonoTime until = soon();
    while (true) {
      auto stored = out.store(kFirst, {{}, payload}, until);
      if (stored || stored.error().code() != ErrorCode::kUnavailable || executor_.clock().mono_now() >= until)
        return stored;
    }
  }
  std::string next_payload(Stream& stream) {
    const auto record = stream.next(soon());
    if (!record) return record.error().describe();
    return *record ? (*record)->payload : "nothing";
  }

  ShiftedExecutor executor_;
  MockKafka cluster_{2};
};

TEST_F(KafkaLog, OneWriteIsStoredOnceWhateverTheBrokerAnswersFirst) {
  const auto out = writer();
  cluster_.fail_produce({RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT,
                         RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND});
  for (const char* payload : {"a", "b", "c"}) {
    const auto stored = out->store(kFirst, {{}, payload}, soon());
    ASSERT_TRUE(stored) << stored.error().describe();
  }
  const auto in = reader();
  const Streams streams = in->streams().value();
  for (const char* payload : {"a", "b", "c"}) EXPECT_EQ(next_payload(*streams.at(kFirst)), payload);
  EXPECT_EQ(in->high_watermark(kFirst).value(), SequenceNumber{3});
}

TEST_F(KafkaLog, WhatNoBrokerWasAskedToStoreIsSurelyNotStored) {
  const auto out = writer({{"message.timeout.ms", "2000"}});
  cluster_.set_down(true);
  const auto stored = out->store(kFirst, {{}, "a"}, soon());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code(), ErrorCode::kUnavailable) << stored.error().describe();
  cluster_.set_down(false);
  const auto later = store_in_the_end(*out, "b");
  ASSERT_TRUE(later) << later.error().describe();
  EXPECT_EQ(later->sequence.number, SequenceNumber{0});
  EXPECT_EQ(out->status().problem, "") << "a success ends it";
}

TEST_F(KafkaLog, AnAnswerThatNeverComesIsUnclear) {
  const auto out = writer({{"message.timeout.ms", "5000"}});
  const auto first = store_in_the_end(*out, "a");
  ASSERT_TRUE(first) << first.error().describe();
  // The request goes out; its answer is lost, again and again.
  cluster_.fail_produce(std::vector<int>(1'000, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT));
  const auto stored = out->store(kFirst, {{}, "b"}, soon());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code(), ErrorCode::kUnclear) << stored.error().describe();
}

TEST_F(KafkaLog, ADeadlineBeforeTheAnswerIsUnclearAndTheAnswerStillComes) {
  const auto out = writer();
  cluster_.set_down(true);
  std::shared_ptr<PendingAppend> pending;
  {
    const std::string payload = "gone before it is sent";
    pending = out->append(kFirst, {{}, payload}).value();
  }
  EXPECT_FALSE(pending->wait_until(executor_.clock().mono_now()));
  EXPECT_EQ(out->store(kFirst, {{}, "b"}, executor_.clock().mono_now()).error().code(), ErrorCode::kUnclear);
  cluster_.set_down(false);
  const auto outcome = pending->wait_until(soon());
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*pending->wait_until(soon())).value(), outcome->value()) << "the same every time";
  EXPECT_EQ(next_payload(*reader()->streams().value().at(kFirst)), "gone before it is sent");
}

TEST_F(KafkaLog, AReaderWaitsThroughAnOutageAndGoesOn) {
  const auto out = writer();
  const auto in = reader();
  const Streams streams = in->streams().value();
  ASSERT_TRUE(out->store(kFirst, {{}, "a"}, soon()));
  EXPECT_EQ(next_payload(*streams.at(kFirst)), "a");
  cluster_.set_down(true);
  while (in->status().problem.empty()) {
    const auto record = streams.at(kFirst)->next(executor_.clock().mono_now() + std::chrono::milliseconds(50));
    ASSERT_TRUE(record) << "an outage is no error of the stream: " << record.error().describe();
    ASSERT_FALSE(*record);
  }
  cluster_.set_down(false);
  ASSERT_TRUE(out->store(kFirst, {{}, "b"}, soon()));
  EXPECT_EQ(next_payload(*streams.at(kFirst)), "b");
  EXPECT_EQ(in->status().problem, "");
}

TEST_F(KafkaLog, ANewLeaderIsFollowed) {
  const auto out = writer();
  const auto in = reader();
  const Streams streams = in->streams().value();
  for (const int leader : {2, 1, 0}) {
    cluster_.set_leader(kTopic, 0, leader);
    const std::string payload = std::to_string(leader);
    const auto stored = out->store(kFirst, {{}, payload}, soon());
    ASSERT_TRUE(stored) << stored.error().describe();
    EXPECT_EQ(next_payload(*streams.at(kFirst)), payload);
  }
}

TEST_F(KafkaLog, FetchErrorsThatPassAreNotSeen) {
  const auto out = writer();
  ASSERT_TRUE(out->store(kFirst, {{}, "a"}, soon()));
  cluster_.fail_fetch({RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT,
                       RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE});
  EXPECT_EQ(next_payload(*reader()->streams().value().at(kFirst)), "a");
}

TEST_F(KafkaLog, ARecordAboveTheLimitIsRefusedAndNothingElse) {
  const auto out = writer({}, {.record_bytes_max = 1'000});
  EXPECT_EQ(out->record_bytes_max(), 1'000u);
  EXPECT_EQ(out->append(kFirst, {{}, std::string(1'001, 'x')}).error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(out->append(kFirst, {{{"name", std::string(997, 'x')}}, ""}).error().code(), ErrorCode::kTooLarge);
  EXPECT_TRUE(out->store(kFirst, {{}, std::string(1'000, 'x')}, soon()));
}

TEST_F(KafkaLog, WhatTheBrokerFindsTooLargeIsTooLargeAsWell) {
  const auto out = writer();
  cluster_.fail_produce({RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  const auto stored = out->store(kFirst, {{}, "a"}, soon());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code(), ErrorCode::kTooLarge) << stored.error().describe();
}

TEST_F(KafkaLog, AFullQueueRefusesBeforeAnythingIsTaken) {
  const auto out = writer({}, {.queue_bytes_max = 64 << 10});
  cluster_.set_down(true);
  const std::string payload(16 << 10, 'x');
  std::vector<std::shared_ptr<PendingAppend>> pending;
  while (true) {
    auto one = out->append(kFirst, {{}, payload});
    if (!one) {
      EXPECT_EQ(one.error().code(), ErrorCode::kResourceExhausted) << one.error().describe();
      break;
    }
    pending.push_back(*one);
    ASSERT_LT(pending.size(), 100u);
  }
  cluster_.set_down(false);
  for (const auto& one : pending) EXPECT_TRUE(one->wait_until(soon()).value());
  EXPECT_EQ(reader()->high_watermark(kFirst).value().value, pending.size());
}

TEST_F(KafkaLog, AWriterThatEndsWritesWhatIsQueued) {
  std::shared_ptr<PendingAppend> pending;
  {
    pending = writer({{"linger.ms", "500"}})->append(kFirst, {{}, "a"}).value();
  }
  const auto outcome = pending->wait_until(executor_.clock().mono_now());
  ASSERT_TRUE(outcome) << "known when the writer is gone";
  EXPECT_TRUE(*outcome);
}

TEST_F(KafkaLog, AHeaderNameWithAZeroByteIsRefused) {
  EXPECT_EQ(writer()->append(kFirst, {{{std::string("a\0b", 3), "x"}}, "p"}).error().code(), ErrorCode::kInvalidInput);
}

TEST_F(KafkaLog, AMissingTopicIsNotFoundAndTheErrorSaysHowToMakeIt) {
  const std::pair<Error, const char*> failures[] = {
      {open_kafka_writer(executor_, cluster_.connection(), "missing").error(), "writer"},
      {open_kafka_reader(executor_, cluster_.connection(), "missing").error(), "reader"}};
  for (const auto& [error, who] : failures) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound) << who;
    EXPECT_THAT(error.message(), HasSubstr("'missing' does not exist: create it")) << who;
    EXPECT_THAT(error.message(), HasSubstr("n_sequencers=")) << who;
  }
}

TEST_F(KafkaLog, ATopicThatNobodyCreatesInTimeIsUnavailable) {
  KafkaConnection connection = cluster_.connection();
  connection.n_sequencers = 3;  // these brokers cannot
  const auto opened =
      open_kafka_writer(executor_, connection, "missing", {.request_timeout = std::chrono::milliseconds(300)});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(opened.error().message(), HasSubstr("creating topic 'missing'"));
}

TEST_F(KafkaLog, TheConnectionsTopicGoesBeforeTheDefault) {
  KafkaConnection connection = cluster_.connection();
  connection.topic = kTopic;
  EXPECT_TRUE(open_kafka_reader(executor_, connection, "missing"));
  EXPECT_EQ(open_kafka_reader(executor_, cluster_.connection(), "no topic can be named so").error().code(),
            ErrorCode::kInvalidInput);
}

TEST_F(KafkaLog, NoBrokerIsUnavailable) {
  KafkaConnection dead;
  dead.brokers = {{"127.0.0.1", 1}};
  const KafkaLimits hasty{.request_timeout = std::chrono::milliseconds(300)};
  EXPECT_EQ(open_kafka_writer(executor_, dead, kTopic, hasty).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(open_kafka_reader(executor_, dead, kTopic, hasty).error().code(), ErrorCode::kUnavailable);
}

TEST_F(KafkaLog, WatermarksAndSeeksWithoutABrokerEndWithAClearError) {
  const auto in =
      open_kafka_reader(executor_, cluster_.connection(), kTopic, {.request_timeout = std::chrono::milliseconds(300)})
          .value();
  cluster_.set_down(true);
  for (const auto& asked : {in->high_watermark(kSecond), in->low_watermark(kSecond)}) {
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code(), ErrorCode::kUnavailable);
    EXPECT_THAT(asked.error().message(), HasSubstr("watermarks of topic 'log', partition 1"));
  }
  ASSERT_TRUE(in->seek(kFirst, SequenceNumber{7})) << "only remembered";
  EXPECT_EQ(in->streams().error().code(), ErrorCode::kUnavailable);
  cluster_.set_down(false);
  EXPECT_TRUE(in->seek(kFirst, SequenceNumber{0})) << "nothing is left of the streams that failed";
  EXPECT_TRUE(in->streams());
}

TEST_F(KafkaLog, WhatOtherProgramsWriteIsReadAsItIs) {
  cluster_.produce(kTopic, 1, "cpu,host=a usage=0.5 1700000000000000000");
  const auto in = reader();
  const Streams streams = in->streams().value();
  const auto record = streams.at(kSecond)->next(soon()).value();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->payload, "cpu,host=a usage=0.5 1700000000000000000");
  EXPECT_THAT(record->headers, ::testing::IsEmpty());
  EXPECT_GT(record->stored_at.written_at.nanos, 0);
}

TEST_F(KafkaLog, AnyKafkaToolReadsOurs) {
  ASSERT_TRUE(writer()->store(kSecond, {{{"content-type", "text/plain"}}, "cpu usage=0.5 1"}, soon()));
  const testing::RawMessage seen = testing::consume_raw(cluster_.brokers(), kTopic, 1, 0);
  EXPECT_EQ(seen.payload, "cpu usage=0.5 1");
  EXPECT_THAT(seen.headers, ::testing::ElementsAre(::testing::Pair("content-type", "text/plain")));
  EXPECT_FALSE(seen.has_key);
}

TEST_F(KafkaLog, WrongOptionsAreNamedWithoutTheirValues) {
  KafkaConnection connection = cluster_.connection();
  connection.options = {{"sasl.passwort", "secret"}};
  const Error error = open_kafka_writer(executor_, connection, kTopic).error();
  EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(error.message(), HasSubstr("sasl.passwort"));
  EXPECT_THAT(error.message(), ::testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace magnetite::write_buffer
