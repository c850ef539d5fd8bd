// The pure parts: options, names and errors.
#include <gmock/gmock.h>

#include "write_buffer/kafka/errors.h"
#include "write_buffer/kafka/settings.h"
#include "write_buffer/kafka/topic.h"

namespace magnetite::write_buffer::kafka {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

KafkaOptions with(std::vector<std::pair<std::string, std::string>> options) {
  KafkaConnection connection{.brokers = {{"a", 1}, {"::1", 2}}, .topic = "log"};
  connection.options = std::move(options);
  return {connection, {.queue_bytes_max = 3 << 20}};
}

TEST(KafkaSettings, PromisesAreFixedAndTheRestCanBeSet) {
  const KafkaOptions options =
      with({{"compression.codec", "zstd"}, {"security.protocol", "ssl"}, {"queued.max.messages.kbytes", "64"}});
  EXPECT_THAT(producer_settings(options, 1'048'588).value(),
              AllOf(Contains(Pair("acks", "all")), Contains(Pair("enable.idempotence", "true")),
                    Contains(Pair("bootstrap.servers", "a:1,[::1]:2")), Contains(Pair("compression.type", "zstd")),
                    Contains(Pair("security.protocol", "ssl")), Contains(Pair("queue.buffering.max.kbytes", "3072")),
                    Contains(Pair("message.max.bytes", "1047564"))));
  EXPECT_THAT(
      consumer_settings(options).value(),
      AllOf(Contains(Pair("auto.offset.reset", "error")), Contains(Pair("enable.auto.commit", "false")),
            Contains(Pair("allow.auto.create.topics", "false")), Contains(Pair("queued.max.messages.kbytes", "64"))));
}

TEST(KafkaSettings, WhatPromisesRestOnIsRefused) {
  for (const char* key :
       {"acks", "request.required.acks", "enable.idempotence", "auto.offset.reset", "bootstrap.servers", "group.id",
        "enable.auto.commit", "message.max.bytes", "plugin.library.paths", "sasl.kerberos.kinit.cmd"}) {
    const KafkaOptions options = with({{key, "1"}});
    for (const auto& settings : {producer_settings(options, 1 << 20), consumer_settings(options)}) {
      ASSERT_FALSE(settings) << key;
      EXPECT_EQ(settings.error().code(), ErrorCode::kInvalidInput);
      EXPECT_THAT(settings.error().message(), HasSubstr(key));
    }
  }
}

TEST(KafkaSettings, ALimitOfRecordsLeavesRoomForFramesInTheTopics) {
  EXPECT_EQ(record_bytes_in(topic_bytes_for(30 << 20)), 30u << 20);
  EXPECT_EQ(record_bytes_in(100), 0u) << "a topic that takes nothing of ours";
}

TEST(KafkaTopic, ClustersThatTellNoTopicIdsGetOneOfTheirNames) {
  EXPECT_EQ(id_of_names("cluster", "log"), id_of_names("cluster", "log"));
  EXPECT_NE(id_of_names("cluster", "log"), id_of_names("cluster", "other"));
  EXPECT_NE(id_of_names("cluster", "log"), id_of_names("other", "log"));
  EXPECT_NE(id_of_names("", "log"), model::Uuid());
}

TEST(KafkaErrors, OfADeliverySayWhetherItMayBeStored) {
  struct Row {
    rd_kafka_resp_err_t error;
    rd_kafka_msg_status_t status;
    ErrorCode code;
  };
  const Row table[] = {
      {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_MSG_STATUS_NOT_PERSISTED, ErrorCode::kUnavailable},
      {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED, ErrorCode::kUnclear},
      {RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_MSG_STATUS_NOT_PERSISTED, ErrorCode::kUnavailable},
      {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED, ErrorCode::kUnclear},
      {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_MSG_STATUS_NOT_PERSISTED, ErrorCode::kUnavailable},
      {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_MSG_STATUS_NOT_PERSISTED, ErrorCode::kTooLarge},
      {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_MSG_STATUS_NOT_PERSISTED, ErrorCode::kFailedPrecondition},
      {RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED, ErrorCode::kUnclear},
      {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_MSG_STATUS_NOT_PERSISTED, ErrorCode::kUnavailable},
  };
  for (const Row& row : table)
    EXPECT_EQ(delivery_error(row.error, row.status).code(), row.code) << rd_kafka_err2name(row.error);
}

TEST(KafkaErrors, OfAppendsAndRequestsAreSortedByWhatToDo) {
  EXPECT_EQ(append_error(RD_KAFKA_RESP_ERR__QUEUE_FULL).code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(append_error(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE).code(), ErrorCode::kTooLarge);
  EXPECT_EQ(append_error(RD_KAFKA_RESP_ERR__FATAL).code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(request_error(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).code(), ErrorCode::kNotFound);
  EXPECT_EQ(request_error(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR).code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(request_error(RD_KAFKA_RESP_ERR__TRANSPORT).code(), ErrorCode::kUnavailable);
  EXPECT_THAT(request_error(RD_KAFKA_RESP_ERR__TRANSPORT, "why").message(), HasSubstr("(why)"));
}

TEST(KafkaErrors, OfAStreamAreSortedByWhatIsLost) {
  EXPECT_EQ(consume_fault(RD_KAFKA_RESP_ERR__PARTITION_EOF), ConsumeFault::kEnd);
  EXPECT_EQ(consume_fault(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET), ConsumeFault::kLost);
  EXPECT_EQ(consume_fault(RD_KAFKA_RESP_ERR__LOG_TRUNCATION), ConsumeFault::kLost);
  EXPECT_EQ(consume_fault(RD_KAFKA_RESP_ERR__BAD_MSG), ConsumeFault::kBadItem);
  EXPECT_EQ(consume_fault(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), ConsumeFault::kTopicOdd);
  EXPECT_EQ(consume_fault(RD_KAFKA_RESP_ERR__TRANSPORT), ConsumeFault::kPasses);
}

}  // namespace
}  // namespace magnetite::write_buffer::kafka
