// What the cluster says about a topic: its id, its partitions, its settings. Internal to kafka/.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "model/ids.h"
#include "write_buffer/kafka/client.h"

namespace magnetite::write_buffer::kafka {

struct TopicState {
  model::Uuid id;  // zero: the brokers (before 2.8, and some that only speak Kafka's protocol) tell none
  uint32_t partitions = 0;
};

struct OpenedTopic {
  TopicState state;
  uint64_t bytes_max = 0;    // of a record as brokers count; ours where they do not tell
  bool broker_time = false;  // brokers put their own time into records (LogAppendTime)
};

// As it is, or else created with `options`, and then known to the brokers. Where these tell no id it is that of the
// cluster's and the topic's names: then a topic that was made again is not noticed.
Result<OpenedTopic> open_topic(rd_kafka_t* client, Executor& executor, const KafkaOptions& options);

model::Uuid id_of_names(std::string_view cluster, std::string_view topic);

// Asks again and again whether the topic is still the one it was, and how many partitions it has, without a thread:
// whoever uses the topic calls tick(). An answer also ends the client's problem. Thread-safe. Client, executor and
// problem outlive it.
class TopicWatch {
 public:
  TopicWatch(rd_kafka_t* client, Executor& executor, const KafkaOptions& options, TopicState opened, Problem& problem);

  // Never blocks, mostly one look at the clock.
  void tick() EXCLUDES(mutex_);
  MonoTime next_tick() const { return {next_tick_.load(std::memory_order_relaxed)}; }
  void check_soon() { next_tick_.store(0, std::memory_order_relaxed); }

  // Another topic has its name now: nothing read or written from then on belongs to this log.
  std::optional<Error> replaced() const EXCLUDES(mutex_);
  bool missing() const { return missing_.load(); }  // when it was last asked for
  uint32_t partitions() const { return partitions_.load(); }
  const model::Uuid& id() const { return opened_.id; }

 private:
  void judge(const Result<TopicState>& found) REQUIRES(mutex_);

  rd_kafka_t* const client_;
  Executor& executor_;
  const std::string topic_;
  const Duration interval_;
  const Duration request_timeout_;
  const TopicState opened_;
  Problem& problem_;
  const Queue answers_;
  std::atomic<int64_t> next_tick_;
  std::atomic<uint32_t> partitions_;
  std::atomic<bool> missing_ = false;
  std::atomic<bool> is_replaced_ = false;  // for a look without the lock
  mutable Mutex mutex_;
  bool asked_ GUARDED_BY(mutex_) = false;
  std::optional<Error> replaced_ GUARDED_BY(mutex_);
};

}  // namespace magnetite::write_buffer::kafka
