// Options of librdkafka: ours, the operator's over them, and those that nobody may change. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "write_buffer/kafka/kafka_log.h"

namespace magnetite::write_buffer::kafka {

// A connection whose topic is known.
struct KafkaOptions {
  KafkaConnection connection;
  KafkaLimits limits;
  const std::string& topic() const { return connection.topic; }
};
// kInvalidInput for a name that no topic can have.
Result<KafkaOptions> options_of(const KafkaConnection& connection, std::string_view default_topic,
                                const KafkaLimits& limits);

// What brokers count besides payload and headers, amply: the frame of a batch and of a record.
inline constexpr uint64_t kFrameBytes = 1 << 10;
// What a topic must allow for records of `record_bytes_max`, and the other way round.
uint64_t topic_bytes_for(uint64_t record_bytes_max);
uint64_t record_bytes_in(uint64_t topic_bytes_max);

using Settings = std::map<std::string, std::string>;

// kInvalidInput for an override of what our promises rest on. `topic_bytes_max`: the topic's max.message.bytes.
Result<Settings> producer_settings(const KafkaOptions& options, uint64_t topic_bytes_max);
Result<Settings> consumer_settings(const KafkaOptions& options);

}  // namespace magnetite::write_buffer::kafka
