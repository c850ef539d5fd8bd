#include "write_buffer/kafka/topic.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "write_buffer/kafka/errors.h"

namespace magnetite::write_buffer::kafka {
namespace {

using TopicNames = Owned<rd_kafka_TopicCollection_t, rd_kafka_TopicCollection_destroy>;
using ConfigResource = Owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
using NewTopic = Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;

constexpr int kBrokerDefault = -1;
constexpr Duration kBetweenLooks = std::chrono::milliseconds(50);

void ask_for_topic(rd_kafka_t* client, const std::string& topic, int timeout_ms, rd_kafka_queue_t* answers) {
  const char* name = topic.c_str();
  const TopicNames names(rd_kafka_TopicCollection_of_topic_names(&name, 1));
  const AdminOptions options = admin_options(client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, timeout_ms);
  rd_kafka_DescribeTopics(client, names.get(), options.get(), answers);
}

model::Uuid uuid_of(const rd_kafka_Uuid_t* id) {
  model::Uuid uuid;
  if (id == nullptr) return uuid;
  const auto high = static_cast<uint64_t>(rd_kafka_Uuid_most_significant_bits(id));
  const auto low = static_cast<uint64_t>(rd_kafka_Uuid_least_significant_bits(id));
  for (size_t i = 0; i < 8; ++i) {
    uuid.bytes[i] = static_cast<uint8_t>(high >> (56 - 8 * i));
    uuid.bytes[8 + i] = static_cast<uint8_t>(low >> (56 - 8 * i));
  }
  return uuid;
}

Result<TopicState> state_of(rd_kafka_event_t* answer) {
  if (const auto error = rd_kafka_event_error(answer); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::unexpected(request_error(error, rd_kafka_event_error_string(answer)));
  size_t count = 0;
  const auto* const* topics =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(answer), &count);
  if (count != 1) return fail(ErrorCode::kUnavailable, "kafka: the brokers said nothing about the topic");
  if (const rd_kafka_error_t* error = rd_kafka_TopicDescription_error(topics[0]))
    return std::unexpected(request_error(rd_kafka_error_code(error)));
  size_t partitions = 0;
  rd_kafka_TopicDescription_partitions(topics[0], &partitions);
  const TopicState state{uuid_of(rd_kafka_TopicDescription_topic_id(topics[0])), static_cast<uint32_t>(partitions)};
  if (partitions == 0) return fail(ErrorCode::kUnavailable, "kafka: the topic has no partitions yet");
  return state;
}

Result<> create_topic(rd_kafka_t* client, Executor& executor, const KafkaOptions& options, MonoTime deadline) {
  const NewTopic topic(rd_kafka_NewTopic_new(
      options.topic().c_str(), static_cast<int>(*options.connection.n_sequencers),
      options.connection.replication ? *options.connection.replication : kBrokerDefault, nullptr, 0));
  if (topic == nullptr)
    return fail(ErrorCode::kInvalidInput, "kafka: no topic can be made of this name and partitions");
  rd_kafka_NewTopic_set_config(topic.get(), "max.message.bytes",
                               fmt::format("{}", topic_bytes_for(options.limits.record_bytes_max)).c_str());
  const int timeout_ms = std::max(milliseconds_until(executor, deadline), 1);
  const AdminOptions admin = admin_options(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms);
  rd_kafka_AdminOptions_set_operation_timeout(admin.get(), timeout_ms, nullptr, 0);
  const Queue answers(rd_kafka_queue_new(client));
  rd_kafka_NewTopic_t* topics[] = {topic.get()};
  rd_kafka_CreateTopics(client, topics, 1, admin.get(), answers.get());
  const Event answer(rd_kafka_queue_poll(answers.get(), timeout_ms));
  if (answer == nullptr) return fail(ErrorCode::kUnavailable, "kafka: no answer to the creation of the topic");
  if (const auto error = rd_kafka_event_error(answer.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::unexpected(request_error(error, rd_kafka_event_error_string(answer.get())));
  size_t count = 0;
  const auto* const* created =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(created[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const char* detail = rd_kafka_topic_result_error_string(created[i]);
    return std::unexpected(request_error(error, detail == nullptr ? "" : detail));
  }
  return {};
}

Result<TopicState> describe_topic(rd_kafka_t* client, Executor& executor, const std::string& topic, MonoTime deadline) {
  const Queue answers(rd_kafka_queue_new(client));
  const int timeout_ms = milliseconds_until(executor, deadline);
  ask_for_topic(client, topic, timeout_ms, answers.get());
  constexpr int kGraceMs = 1'000;  // the request has the same time-out and says more
  const Event answer(rd_kafka_queue_poll(answers.get(), timeout_ms + kGraceMs));
  if (answer == nullptr) return fail(ErrorCode::kUnavailable, "kafka: no broker answered");
  return state_of(answer.get());
}

Result<TopicState> find_topic(rd_kafka_t* client, Executor& executor, const KafkaOptions& options, MonoTime deadline) {
  bool created = false;
  while (true) {
    Result<TopicState> found = describe_topic(client, executor, options.topic(), deadline);
    if (found) return found;
    const bool is_missing = found.error().code() == ErrorCode::kNotFound;
    const bool is_passing = found.error().code() == ErrorCode::kUnavailable || (is_missing && created);
    if (is_missing && !created && options.connection.n_sequencers) {
      if (auto made = create_topic(client, executor, options, deadline); !made)
        return std::unexpected(
            std::move(made).error().with_context(fmt::format("creating topic '{}'", options.topic())));
      created = true;  // not every broker knows it at once
    } else if (is_missing && !created) {
      return fail(ErrorCode::kNotFound,
                  fmt::format("topic '{}' does not exist: create it with Kafka's tools, or have it created by adding "
                              "n_sequencers=<number of partitions> to the connection",
                              options.topic()));
    } else if (!is_passing || executor.clock().mono_now() >= deadline) {
      return std::unexpected(std::move(found).error().with_context(fmt::format("topic '{}'", options.topic())));
    }
    executor.pause(kBetweenLooks);
  }
}

// The topic's settings, its own and those it has from the brokers; empty where they are not told.
std::map<std::string, std::string, std::less<>> ask_for_settings(rd_kafka_t* client, Executor& executor,
                                                                 const std::string& topic, MonoTime deadline) {
  std::map<std::string, std::string, std::less<>> settings;
  const ConfigResource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const int timeout_ms = std::max(milliseconds_until(executor, deadline), 1);
  const AdminOptions options = admin_options(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms);
  const Queue answers(rd_kafka_queue_new(client));
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  rd_kafka_DescribeConfigs(client, resources, 1, options.get(), answers.get());
  const Event answer(rd_kafka_queue_poll(answers.get(), timeout_ms));
  if (answer == nullptr || rd_kafka_event_error(answer.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return settings;
  size_t resource_count = 0;
  const auto* const* described =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer.get()), &resource_count);
  for (size_t r = 0; r < resource_count; ++r) {
    size_t entry_count = 0;
    const auto* const* entries = rd_kafka_ConfigResource_configs(described[r], &entry_count);
    for (size_t i = 0; i < entry_count; ++i)
      if (const char* value = rd_kafka_ConfigEntry_value(entries[i]))
        settings.emplace(rd_kafka_ConfigEntry_name(entries[i]), value);
  }
  return settings;
}

OpenedTopic opened_topic(TopicState state, uint64_t bytes_wanted,
                         const std::map<std::string, std::string, std::less<>>& settings) {
  OpenedTopic opened{state, bytes_wanted};
  if (const auto limit = settings.find("max.message.bytes"); limit != settings.end()) {
    const std::string& text = limit->second;
    uint64_t bytes = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), bytes).ec == std::errc())
      opened.bytes_max = std::min(bytes_wanted, bytes);
  }
  const auto time = settings.find("message.timestamp.type");
  opened.broker_time = time != settings.end() && time->second == "LogAppendTime";
  return opened;
}

std::string cluster_of(rd_kafka_t* client, int timeout_ms) {
  char* name = rd_kafka_clusterid(client, timeout_ms);
  if (name == nullptr) return {};
  std::string text = name;
  rd_kafka_mem_free(client, name);
  return text;
}

}  // namespace

model::Uuid id_of_names(std::string_view cluster, std::string_view topic) {
  const std::string names = fmt::format("{}/{}", cluster, topic);  // a topic's name has no '/'
  XXH128_canonical_t hash;
  XXH128_canonicalFromHash(&hash, XXH3_128bits(names.data(), names.size()));
  model::Uuid id;
  std::ranges::copy(hash.digest, id.bytes.begin());
  return id;
}

Result<OpenedTopic> open_topic(rd_kafka_t* client, Executor& executor, const KafkaOptions& options) {
  const MonoTime deadline = executor.clock().mono_now() + options.limits.request_timeout;
  MAGNETITE_TRY(TopicState state, find_topic(client, executor, options, deadline));
  if (state.id == model::Uuid()) {
    const std::string cluster = cluster_of(client, milliseconds_until(executor, deadline));
    if (cluster.empty())
      return fail(ErrorCode::kUnavailable, "kafka: the brokers told neither topic ids nor the cluster's");
    state.id = id_of_names(cluster, options.topic());
  }
  return opened_topic(state, topic_bytes_for(options.limits.record_bytes_max),
                      ask_for_settings(client, executor, options.topic(), deadline));
}

TopicWatch::TopicWatch(rd_kafka_t* client, Executor& executor, const KafkaOptions& options, TopicState opened,
                       Problem& problem)
    : client_(client),
      executor_(executor),
      topic_(options.topic()),
      interval_(options.limits.topic_check_interval),
      request_timeout_(options.limits.request_timeout),
      opened_(opened),
      problem_(problem),
      answers_(rd_kafka_queue_new(client)),
      next_tick_((executor.clock().mono_now() + options.limits.topic_check_interval).nanos),
      partitions_(opened.partitions) {}

void TopicWatch::tick() {
  const MonoTime now = executor_.clock().mono_now();
  if (now < next_tick()) return;
  const MutexLock lock(mutex_);
  if (now < next_tick()) return;
  if (!asked_) {
    ask_for_topic(client_, topic_, static_cast<int>(request_timeout_.count() / kNanosOfMillisecond), answers_.get());
    asked_ = true;
  }
  const Event answer(rd_kafka_queue_poll(answers_.get(), 0));
  if (answer != nullptr) {
    judge(state_of(answer.get()));
    asked_ = false;
  }
  next_tick_.store((now + (asked_ ? std::min(kBetweenLooks, interval_) : interval_)).nanos, std::memory_order_relaxed);
}

void TopicWatch::judge(const Result<TopicState>& found) {
  missing_ = !found && found.error().code() == ErrorCode::kNotFound;
  if (!found) return;
  problem_.set({});
  if (found->id != opened_.id && found->id != model::Uuid()) {
    replaced_ = Error(ErrorCode::kFailedPrecondition,
                      fmt::format("topic '{}' was deleted and made again: its id was {} and is {}", topic_,
                                  opened_.id.text(), found->id.text()));
    is_replaced_ = true;
  } else {
    partitions_ = std::max(partitions_.load(), found->partitions);
  }
}

std::optional<Error> TopicWatch::replaced() const {
  if (!is_replaced_) return std::nullopt;
  const MutexLock lock(mutex_);
  return replaced_;
}

}  // namespace magnetite::write_buffer::kafka
