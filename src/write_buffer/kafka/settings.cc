#include "write_buffer/kafka/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace magnetite::write_buffer::kafka {
namespace {

constexpr uint64_t kTopicBytesMin = 2 * kFrameBytes;

// Order, durability and "nothing is passed over silently" rest on these.
const Settings kFixedOfProducer = {
    {"acks", "all"}, {"enable.idempotence", "true"}, {"delivery.report.only.error", "false"}};
// The end of a partition tells a stream which numbers it has passed.
const Settings kFixedOfConsumer = {
    {"allow.auto.create.topics", "false"}, {"auto.offset.reset", "error"},   {"check.crcs", "true"},
    {"enable.auto.commit", "false"},       {"enable.partition.eof", "true"}, {"isolation.level", "read_committed"},
};
// Given elsewhere in the connection, or another name of a fixed one, or of no use here.
constexpr std::string_view kRefused[] = {"auto.commit.enable",
                                         "bootstrap.servers",
                                         "enable.auto.offset.store",
                                         "group.id",
                                         "message.max.bytes",
                                         "metadata.broker.list",
                                         "partitioner",
                                         "produce.offset.report",
                                         "queue.buffering.max.kbytes",
                                         "request.required.acks",
                                         "enable.gapless.guarantee",
                                         "transactional.id"};
// They run a program or load one into the process; a connection may come over the network.
constexpr std::string_view kDangerous[] = {"plugin.library.paths", "sasl.kerberos.kinit.cmd", "ssl.engine.location",
                                           "ssl.providers"};
constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {{"compression.codec", "compression.type"},
                                                                         {"delivery.timeout.ms", "message.timeout.ms"},
                                                                         {"queue.buffering.max.ms", "linger.ms"}};

std::string brokers_of(const KafkaConnection& connection) {
  std::string brokers;
  for (const HostPort& broker : connection.brokers) brokers += (brokers.empty() ? "" : ",") + broker.text();
  return brokers;
}

std::string_view one_name(std::string_view key) {
  for (const auto& [other, name] : kOtherNames)
    if (key == other) return name;
  return key;
}

Result<Settings> merged(Settings settings, const KafkaOptions& options, const Settings& fixed) {
  settings["bootstrap.servers"] = brokers_of(options.connection);
  settings["client.id"] = "magnetite";
  settings["reconnect.backoff.max.ms"] = "500";  // time-outs are looked at between attempts: seconds late otherwise
  for (const auto& [key, value] : options.connection.options) {
    if (kFixedOfProducer.contains(key) || kFixedOfConsumer.contains(key) || std::ranges::contains(kRefused, key) ||
        std::ranges::contains(kDangerous, key))
      return fail(ErrorCode::kInvalidInput, fmt::format("kafka option '{}' cannot be set", key));
    settings[std::string(one_name(key))] = value;
  }
  settings.insert(fixed.begin(), fixed.end());
  return settings;
}

}  // namespace

Result<KafkaOptions> options_of(const KafkaConnection& connection, std::string_view default_topic,
                                const KafkaLimits& limits) {
  KafkaOptions options{connection, limits};
  if (options.connection.topic.empty()) options.connection.topic = default_topic;
  MAGNETITE_RETURN_IF_ERROR(check_topic_name(options.topic()));
  return options;
}

uint64_t topic_bytes_for(uint64_t record_bytes_max) { return record_bytes_max + kTopicBytesMin; }
uint64_t record_bytes_in(uint64_t topic_bytes_max) {
  return topic_bytes_max <= kTopicBytesMin ? 0 : topic_bytes_max - kTopicBytesMin;
}

Result<Settings> producer_settings(const KafkaOptions& options, uint64_t topic_bytes_max) {
  return merged(
      {
          {"compression.type", "snappy"},
          {"linger.ms", "1"},               // while one request is under way the next batch fills by itself
          {"message.timeout.ms", "30000"},  // longer than a broker's restart
          // Of one record and of one batch.
          {"message.max.bytes", fmt::format("{}", std::max(topic_bytes_max, kTopicBytesMin) - kFrameBytes)},
          {"queue.buffering.max.kbytes",
           fmt::format("{}", std::max<uint64_t>(options.limits.queue_bytes_max >> 10, 1))},
      },
      options, kFixedOfProducer);
}

Result<Settings> consumer_settings(const KafkaOptions& options) {
  return merged(
      {
          {"queued.max.messages.kbytes", "10000"},  // of each partition
          {"fetch.queue.backoff.ms", "10"},         // how long a full queue keeps its partition from being fetched
          // A broker answers in order: what is asked meanwhile waits as long as it waits for records.
          {"fetch.wait.max.ms", "100"},
      },
      options, kFixedOfConsumer);
}

}  // namespace magnetite::write_buffer::kafka
