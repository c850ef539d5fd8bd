#include "write_buffer/kafka/errors.h"

#include <fmt/format.h>

namespace magnetite::write_buffer::kafka {
namespace {

ErrorCode code_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      return ErrorCode::kTooLarge;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return ErrorCode::kResourceExhausted;
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
      return ErrorCode::kInvalidInput;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return ErrorCode::kNotFound;
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return ErrorCode::kFailedPrecondition;
    default:
      return ErrorCode::kUnavailable;
  }
}

std::string text_of(rd_kafka_resp_err_t error, std::string_view detail) {
  return detail.empty() ? fmt::format("kafka: {}", rd_kafka_err2str(error))
                        : fmt::format("kafka: {} ({})", rd_kafka_err2str(error), detail);
}

}  // namespace

Error append_error(rd_kafka_resp_err_t error) {
  if (code_of(error) == ErrorCode::kTooLarge) return {ErrorCode::kTooLarge, "the record is too large for the topic"};
  return {code_of(error) == ErrorCode::kNotFound ? ErrorCode::kUnavailable : code_of(error), text_of(error, {})};
}

Error delivery_error(rd_kafka_resp_err_t error, rd_kafka_msg_status_t status) {
  if (code_of(error) == ErrorCode::kTooLarge)
    return {ErrorCode::kTooLarge, "the brokers refuse a record of this size: raise the topic's max.message.bytes"};
  if (status != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) return {ErrorCode::kUnclear, text_of(error, "may be stored")};
  return append_error(error);
}

Error request_error(rd_kafka_resp_err_t error, std::string_view detail) {
  return {code_of(error), text_of(error, detail)};
}

ConsumeFault consume_fault(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      return ConsumeFault::kEnd;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR__LOG_TRUNCATION:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return ConsumeFault::kLost;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
      return ConsumeFault::kBadItem;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID:
      return ConsumeFault::kTopicOdd;
    default:
      return ConsumeFault::kPasses;
  }
}

}  // namespace magnetite::write_buffer::kafka
