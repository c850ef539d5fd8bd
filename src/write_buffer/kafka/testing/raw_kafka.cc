#include "write_buffer/kafka/testing/raw_kafka.h"

#include <gmock/gmock.h>

#include <cstring>

#include "write_buffer/kafka/client.h"

namespace magnetite::write_buffer::testing {
namespace {

constexpr int kPatienceMs = 60'000;

kafka::Client raw_client(const std::string& brokers, rd_kafka_type_t type = RD_KAFKA_PRODUCER,
                         const std::string& transactional_id = {}) {
  rd_kafka_conf_t* options = rd_kafka_conf_new();
  const auto set = [&](const char* key, const std::string& value) {
    EXPECT_EQ(rd_kafka_conf_set(options, key, value.c_str(), nullptr, 0), RD_KAFKA_CONF_OK);
  };
  set("bootstrap.servers", brokers);
  set("log_level", "0");
  if (!transactional_id.empty()) set("transactional.id", transactional_id);
  return kafka::Client(rd_kafka_new(type, options, nullptr, 0));
}

void expect_answer(rd_kafka_queue_t* answers) {
  const kafka::Event answer(rd_kafka_queue_poll(answers, kPatienceMs));
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(rd_kafka_event_error(answer.get()), RD_KAFKA_RESP_ERR_NO_ERROR)
      << rd_kafka_event_error_string(answer.get());
}

}  // namespace

void produce_raw(const std::string& brokers, const std::string& topic, uint32_t partition, const char* payload) {
  const kafka::Client client = raw_client(brokers);
  const kafka::Topic handle(rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
  ASSERT_EQ(
      rd_kafka_produce(handle.get(), static_cast<int32_t>(partition), RD_KAFKA_MSG_F_COPY, const_cast<char*>(payload),
                       payload == nullptr ? 0 : std::strlen(payload), nullptr, 0, nullptr),
      0);
  ASSERT_EQ(rd_kafka_flush(client.get(), kPatienceMs), RD_KAFKA_RESP_ERR_NO_ERROR);
}

RawMessage consume_raw(const std::string& brokers, const std::string& topic, uint32_t partition, int64_t offset) {
  const kafka::Client client = raw_client(brokers, RD_KAFKA_CONSUMER);
  const kafka::Topic handle(rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
  RawMessage seen;
  EXPECT_EQ(rd_kafka_consume_start(handle.get(), static_cast<int32_t>(partition), offset), 0);
  {
    const kafka::Message message(rd_kafka_consume(handle.get(), static_cast<int32_t>(partition), kPatienceMs));
    EXPECT_NE(message, nullptr);
    if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      seen.payload.assign(static_cast<const char*>(message->payload), message->len);
      seen.has_key = message->key != nullptr;
      rd_kafka_headers_t* headers = nullptr;
      const char* name = nullptr;
      const void* value = nullptr;
      size_t size = 0;
      if (rd_kafka_message_headers(message.get(), &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
          seen.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    }
  }
  rd_kafka_consume_stop(handle.get(), static_cast<int32_t>(partition));
  return seen;
}

void create_topic(const std::string& brokers, const std::string& topic, uint32_t partitions, const Headers& settings) {
  const kafka::Client client = raw_client(brokers);
  const kafka::Queue answers(rd_kafka_queue_new(client.get()));
  rd_kafka_NewTopic_t* made[] = {rd_kafka_NewTopic_new(topic.c_str(), static_cast<int>(partitions), 1, nullptr, 0)};
  for (const auto& [name, value] : settings) rd_kafka_NewTopic_set_config(made[0], name.c_str(), value.c_str());
  rd_kafka_CreateTopics(client.get(), made, 1, nullptr, answers.get());
  expect_answer(answers.get());
  rd_kafka_NewTopic_destroy(made[0]);
}

void delete_topic(const std::string& brokers, const std::string& topic) {
  const kafka::Client client = raw_client(brokers);
  const kafka::Queue answers(rd_kafka_queue_new(client.get()));
  rd_kafka_DeleteTopic_t* doomed[] = {rd_kafka_DeleteTopic_new(topic.c_str())};
  rd_kafka_DeleteTopics(client.get(), doomed, 1, nullptr, answers.get());
  expect_answer(answers.get());
  rd_kafka_DeleteTopic_destroy(doomed[0]);
}

void grow_topic(const std::string& brokers, const std::string& topic, uint32_t partitions) {
  const kafka::Client client = raw_client(brokers);
  const kafka::Queue answers(rd_kafka_queue_new(client.get()));
  rd_kafka_NewPartitions_t* grown[] = {rd_kafka_NewPartitions_new(topic.c_str(), partitions, nullptr, 0)};
  rd_kafka_CreatePartitions(client.get(), grown, 1, nullptr, answers.get());
  expect_answer(answers.get());
  rd_kafka_NewPartitions_destroy(grown[0]);
}

void delete_records(const std::string& brokers, const std::string& topic, uint32_t partition, int64_t below) {
  const kafka::Client client = raw_client(brokers);
  const kafka::Queue answers(rd_kafka_queue_new(client.get()));
  rd_kafka_topic_partition_list_t* offsets = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(offsets, topic.c_str(), static_cast<int32_t>(partition))->offset = below;
  rd_kafka_DeleteRecords_t* doomed[] = {rd_kafka_DeleteRecords_new(offsets)};
  rd_kafka_DeleteRecords(client.get(), doomed, 1, nullptr, answers.get());
  expect_answer(answers.get());
  rd_kafka_DeleteRecords_destroy(doomed[0]);
  rd_kafka_topic_partition_list_destroy(offsets);
}

void produce_in_transaction(const std::string& brokers, const std::string& topic, uint32_t partition,
                            const char* payload, Transaction end) {
  const kafka::Client client = raw_client(brokers, RD_KAFKA_PRODUCER, topic);
  const auto expect_done = [](rd_kafka_error_t* error) {
    EXPECT_EQ(error, nullptr) << rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
  };
  expect_done(rd_kafka_init_transactions(client.get(), kPatienceMs));
  expect_done(rd_kafka_begin_transaction(client.get()));
  const kafka::Topic handle(rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
  EXPECT_EQ(rd_kafka_produce(handle.get(), static_cast<int32_t>(partition), RD_KAFKA_MSG_F_COPY,
                             const_cast<char*>(payload), std::strlen(payload), nullptr, 0, nullptr),
            0);
  EXPECT_EQ(rd_kafka_flush(client.get(), kPatienceMs), RD_KAFKA_RESP_ERR_NO_ERROR);
  expect_done(end == Transaction::kCommitted ? rd_kafka_commit_transaction(client.get(), kPatienceMs)
                                             : rd_kafka_abort_transaction(client.get(), kPatienceMs));
}

}  // namespace magnetite::write_buffer::testing
