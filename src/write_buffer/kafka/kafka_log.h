// Kafka as a log: a topic, its partitions the sequencers, their offsets the numbers. docs/write_buffers.md.
// Sees no header of librdkafka.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/executor.h"
#include "write_buffer/connection.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer {

struct KafkaLimits {
  uint64_t record_bytes_max = 30ull << 20;                  // payload and headers; less where the topic allows less
  uint64_t queue_bytes_max = 256ull << 20;                  // appended but not yet answered
  Duration request_timeout = std::chrono::seconds(60);      // for metadata, watermarks, creation and deletion
  Duration topic_check_interval = std::chrono::seconds(5);  // is it still the same topic, has it new partitions?
};

// A topic that does not exist is created if the connection says with how many partitions (n_sequencers). The topic is
// `default_topic` unless the connection names one. `executor` outlives both. Errors: kNotFound (no such topic, and it
// may not be created), kInvalidInput (an option or a name), kUnavailable (no broker answered in time),
// kFailedPrecondition (the cluster refuses).
Result<std::shared_ptr<Writer>> open_kafka_writer(Executor& executor, const KafkaConnection& connection,
                                                  std::string_view default_topic, const KafkaLimits& limits = {});
Result<std::unique_ptr<Reader>> open_kafka_reader(Executor& executor, const KafkaConnection& connection,
                                                  std::string_view default_topic, const KafkaLimits& limits = {});

}  // namespace magnetite::write_buffer
