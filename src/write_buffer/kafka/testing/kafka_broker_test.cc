// The conformance suite over a real Kafka broker, and what only such a one can do. The one who starts it says where it
// is: MAGNETITE_TEST_KAFKA=127.0.0.1:9092 write_buffer_kafka_broker_test
#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "model/ids.h"
#include "write_buffer/kafka/kafka_log.h"
#include "write_buffer/kafka/testing/raw_kafka.h"
#include "write_buffer/testing/conformance.h"

namespace magnetite::write_buffer::testing {
namespace {

using model::SequenceNumber;
using model::SequencerId;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const SequencerId kFirst{0};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}
std::string brokers() { return environment("MAGNETITE_TEST_KAFKA"); }
std::string new_topic() { return "test-" + model::Uuid::random().text(); }

KafkaConnection connection(std::optional<uint32_t> created_partitions = std::nullopt) {
  auto made = std::get<KafkaConnection>(parse_connection("kafka://" + brokers()).value());
  made.n_sequencers = created_partitions;
  made.trim = true;
  return made;
}

class TopicUnderTest final : public LogUnderTest {
 public:
  TopicUnderTest(Executor& executor, uint32_t sequencers) : executor_(executor), sequencers_(sequencers) {}
  Result<std::shared_ptr<Writer>> open_writer(Creation creation) override {
    return open_kafka_writer(executor_, wanted(creation), topic_);
  }
  Result<std::shared_ptr<Reader>> open_reader(Creation creation) override {
    return open_kafka_reader(executor_, wanted(creation), topic_);
  }
  void put_foreign(SequencerId sequencer) override { produce_raw(brokers(), topic_, sequencer.value, nullptr); }

 private:
  KafkaConnection wanted(Creation creation) const {
    return connection(creation == Creation::kAllowed ? std::optional(sequencers_) : std::nullopt);
  }

  Executor& executor_;
  const uint32_t sequencers_;
  const std::string topic_ = new_topic();
};

const LogKind kBroker{"kafka", [](Executor& executor, uint32_t sequencers) -> std::unique_ptr<LogUnderTest> {
                        return std::make_unique<TopicUnderTest>(executor, sequencers);
                      }};
INSTANTIATE_TEST_SUITE_P(Kafka, WriteBufferConformance, ::testing::Values(kBroker));
INSTANTIATE_TEST_SUITE_P(Kafka, WriteBufferCreation, ::testing::Values(kBroker));
INSTANTIATE_TEST_SUITE_P(Kafka, WriteBufferForeignRecords, ::testing::Values(kBroker));

class KafkaTopic : public ::testing::Test {
 protected:
  std::shared_ptr<Writer> writer(const KafkaConnection& to) {
    return open_kafka_writer(*executor_, to, topic_, limits_).value();
  }
  std::unique_ptr<Reader> reader() { return open_kafka_reader(*executor_, connection(), topic_, limits_).value(); }
  MonoTime soon() { return executor_->clock().mono_now() + seconds(120); }
  MonoTime shortly() { return executor_->clock().mono_now() + std::chrono::milliseconds(20); }
  std::string next_payload(Stream& stream) {
    const auto record = stream.next(soon());
    if (!record) return record.error().describe();
    return *record ? (*record)->payload : "nothing";
  }

  const std::unique_ptr<Executor> executor_ = make_thread_executor();
  const KafkaLimits limits_{.topic_check_interval = std::chrono::milliseconds(100)};
  const std::string topic_ = new_topic();
};

TEST_F(KafkaTopic, PartitionsAddedLaterJoinAndAreReadFromTheirBeginning) {
  const auto out = writer(connection(2));
  const auto in = reader();
  Streams streams = in->streams().value();
  grow_topic(brokers(), topic_, 3);
  const SequencerId added{2};
  const auto late = writer(connection());
  ASSERT_EQ(late->sequencer_ids().size(), 3u);
  EXPECT_EQ(out->sequencer_ids().size(), 2u) << "where records go does not follow";
  ASSERT_TRUE(late->store(added, {{}, "a"}, soon()));
  Streams joined;
  while (joined.empty()) {
    ASSERT_FALSE(*streams.at(kFirst)->next(shortly()));
    joined = in->added_streams().value();
  }
  EXPECT_EQ(next_payload(*joined.at(added)), "a");
  EXPECT_EQ(in->sequencer_ids().size(), 3u);
  EXPECT_TRUE(in->added_streams().value().empty());
  ASSERT_TRUE(out->store(kFirst, {{}, "b"}, soon()));
  EXPECT_EQ(next_payload(*streams.at(kFirst)), "b");
}

TEST_F(KafkaTopic, OneThatWasDeletedAndMadeAgainStopsReadersAndWritersForEver) {
  const auto out = writer(connection(1));
  ASSERT_TRUE(out->store(kFirst, {{}, "a"}, soon()));
  const auto in = reader();
  EXPECT_EQ(next_payload(*in->streams().value().at(kFirst)), "a");
  delete_topic(brokers(), topic_);
  const auto again = writer(connection(1));
  EXPECT_NE(again->log_id(), out->log_id());
  while (out->status().accepting) executor_->pause(std::chrono::milliseconds(20));
  const Error refused = out->append(kFirst, {{}, "b"}).error();
  EXPECT_EQ(refused.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("deleted and made again"));
  while (!in->status().problem.contains("made again")) executor_->pause(std::chrono::milliseconds(20));
  for (const bool sought : {false, true}) {
    if (sought) {
      ASSERT_TRUE(in->seek(kFirst, SequenceNumber{0}));
    }
    EXPECT_EQ(in->streams().value().at(kFirst)->next(soon()).error().code(), ErrorCode::kFailedPrecondition);
  }
}

TEST_F(KafkaTopic, RecordsDeletedBeforeTheyWereReadStopTheStreamUntilASeek) {
  const auto out = writer(connection(1));
  const auto in = reader();
  for (const char* payload : {"a", "b", "c", "d"}) ASSERT_TRUE(out->store(kFirst, {{}, payload}, soon()));
  EXPECT_EQ(next_payload(*in->streams().value().at(kFirst)), "a");
  delete_records(brokers(), topic_, 0, 3);
  EXPECT_EQ(in->low_watermark(kFirst).value(), SequenceNumber{3});
  const Error lost = in->streams().value().at(kFirst)->next(soon()).error();
  EXPECT_EQ(lost.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(lost.message(), HasSubstr("offset 1 cannot be read"));
  EXPECT_THAT(lost.message(), HasSubstr("the topic has 3 to 4"));
  ASSERT_TRUE(in->seek(kFirst, SequenceNumber{1}));
  EXPECT_EQ(next_payload(*in->streams().value().at(kFirst)), "d");
}

TEST_F(KafkaTopic, NothingIsDeletedWhereTrimmingIsOff) {
  KafkaConnection kept = connection(1);
  kept.trim = false;
  const auto out = writer(kept);
  for (const char* payload : {"a", "b"}) ASSERT_TRUE(out->store(kFirst, {{}, payload}, soon()));
  ASSERT_TRUE(out->trim(kFirst, SequenceNumber{2}));
  EXPECT_EQ(next_payload(*reader()->streams().value().at(kFirst)), "a");
}

std::string noise(size_t bytes) {
  std::mt19937 random(1);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST_F(KafkaTopic, ItsOwnLimitIsKnownBeforeAnythingIsTaken) {
  create_topic(brokers(), topic_, 1, {{"max.message.bytes", "100000"}});
  const auto out = writer(connection());
  const uint64_t most = out->record_bytes_max();
  EXPECT_LT(most, 100'000u);
  EXPECT_GT(most, 90'000u);
  EXPECT_EQ(out->append(kFirst, {{}, noise(most + 1)}).error().code(), ErrorCode::kTooLarge);
  std::vector<std::shared_ptr<PendingAppend>> pending;
  for (int i = 0; i < 10; ++i) pending.push_back(out->append(kFirst, {{}, noise(most)}).value());
  for (int i = 0; i < 100; ++i) pending.push_back(out->append(kFirst, {{}, noise(most / 7)}).value());
  for (const auto& one : pending) {
    const auto outcome = one->wait_until(soon());
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(*outcome) << outcome->error().describe();
  }
}

TEST_F(KafkaTopic, TheLargestRecordsPassThroughATopicOfOurs) {
  const auto out = writer(connection(1));
  EXPECT_EQ(out->record_bytes_max(), KafkaLimits().record_bytes_max);
  const std::string payload = noise(out->record_bytes_max());
  ASSERT_TRUE(out->store(kFirst, {{}, payload}, soon()));
  EXPECT_TRUE(next_payload(*reader()->streams().value().at(kFirst)) == payload);
}

TEST_F(KafkaTopic, ABrokersOwnTimesAreReadBackEqualAsWell) {
  create_topic(brokers(), topic_, 1, {{"message.timestamp.type", "LogAppendTime"}});
  const StoredAt stored = writer(connection())->store(kFirst, {{}, "a"}, soon()).value();
  EXPECT_GT(stored.written_at.nanos, 0);
  EXPECT_EQ(reader()->streams().value().at(kFirst)->next(soon()).value()->stored_at, stored);
}

TEST_F(KafkaTopic, AbortedTransactionsAreNotReadAndTheEndIsStillReached) {
  const auto out = writer(connection(1));
  produce_in_transaction(brokers(), topic_, 0, "committed", Transaction::kCommitted);
  produce_in_transaction(brokers(), topic_, 0, "aborted", Transaction::kAborted);
  const auto in = reader();
  const SequenceNumber end = in->high_watermark(kFirst).value();
  const Streams streams = in->streams().value();
  EXPECT_EQ(next_payload(*streams.at(kFirst)), "committed");
  while (streams.at(kFirst)->position() < end) ASSERT_FALSE(*streams.at(kFirst)->next(shortly()));
  EXPECT_EQ(out->store(kFirst, {{}, "after"}, soon()).value().sequence.number, end);
  EXPECT_EQ(next_payload(*streams.at(kFirst)), "after");
}

// Tells the one who started the broker what to do with it, and waits until that is done.
void tell(std::string_view order) {
  std::cout << "order: " << order << std::endl;
  std::string answer;
  ASSERT_TRUE(std::getline(std::cin, answer));
  ASSERT_EQ(answer, "done");
}

// Needs a partner that follows orders: MAGNETITE_TEST_KAFKA_ORDERS=1.
TEST_F(KafkaTopic, WritesAndReadsOutliveARestartOfTheBroker) {
  if (environment("MAGNETITE_TEST_KAFKA_ORDERS").empty()) GTEST_SKIP() << "nobody restarts the broker";
  constexpr uint32_t kSequencers = 3;
  KafkaConnection patient = connection(kSequencers);
  patient.options = {{"message.timeout.ms", "300000"}};
  const auto out = writer(patient);
  const auto in = reader();
  const model::Uuid id = in->log_id();
  const Streams streams = in->streams().value();
  std::atomic<uint64_t> read = 0;
  std::atomic<bool> written = false;
  std::vector<std::vector<std::string>> seen(kSequencers);
  std::vector<std::vector<std::string>> sent(kSequencers);
  std::vector<Task> readers;
  for (uint32_t s = 0; s < kSequencers; ++s)
    readers.push_back(executor_->spawn("reader", [&, s] {
      Stream& stream = *streams.at(SequencerId{s});
      while (!written || seen[s].size() < sent[s].size()) {
        const auto record = stream.next(executor_->clock().mono_now() + std::chrono::milliseconds(100));
        ASSERT_TRUE(record) << "an outage is no error of the stream: " << record.error().describe();
        if (!*record) continue;
        EXPECT_EQ((*record)->stored_at.sequence.number.value, seen[s].size());
        seen[s].push_back((*record)->payload);
        ++read;
      }
    }));
  std::vector<std::shared_ptr<PendingAppend>> pending;
  std::atomic<bool> stop = false;
  Task writing = executor_->spawn("writer", [&] {
    for (int i = 0; !stop || i % 1'000 != 0; ++i) {
      const uint32_t s = static_cast<uint32_t>(i) % kSequencers;
      const std::string payload = fmt::format("{} {}", i, std::string(100, 'x'));
      auto one = out->append(SequencerId{s}, {{}, payload});
      if (!one) {
        ASSERT_EQ(one.error().code(), ErrorCode::kResourceExhausted) << one.error().describe();
        executor_->pause(std::chrono::milliseconds(1));
        continue;
      }
      sent[s].push_back(payload);
      pending.push_back(*one);
    }
  });
  const auto wait_for_reads = [&](uint64_t count) {
    const MonoTime deadline = soon();
    while (read < count) {
      ASSERT_LT(executor_->clock().mono_now(), deadline);
      executor_->pause(std::chrono::milliseconds(1));
    }
  };
  wait_for_reads(10'000);
  tell("kill");
  executor_->pause(std::chrono::milliseconds(300));  // of writes without a broker
  tell("start");
  wait_for_reads(read + 10'000);
  stop = true;
  writing.join();
  for (const auto& one : pending) {
    const auto outcome = one->wait_until(soon());
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(*outcome) << outcome->error().describe();
  }
  written = true;
  readers.clear();
  for (uint32_t s = 0; s < kSequencers; ++s) EXPECT_TRUE(seen[s] == sent[s]) << s;
  EXPECT_EQ(reader()->log_id(), id);
  EXPECT_EQ(out->status().problem, "");
}

}  // namespace
}  // namespace magnetite::write_buffer::testing
