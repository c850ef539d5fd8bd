// What became of the records a producer took: filled by delivery reports, waited for by appenders. Internal to kafka/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "write_buffer/kafka/client.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer::kafka {

class Delivery;

// Shared by a writer and its appends. Thread-safe; reports come on a thread of librdkafka.
class Deliveries {
 public:
  // `broker_time`: records have the time that brokers gave them, not their writer's.
  Deliveries(Executor& executor, uint32_t partitions, bool broker_time)
      : broker_time_(broker_time), resolved_(executor), last_offsets_(partitions, -1) {}

  // Takes the events of a producer (client.h); `opaque` is the Deliveries.
  static void handle(rd_kafka_t* client, rd_kafka_event_t* event, void* opaque);

  std::optional<Result<StoredAt>> wait_until(const Delivery& delivery, MonoTime deadline) EXCLUDES(mutex_);
  // No append can succeed any more. Offsets went backwards: what was acknowledged is gone, or the topic is another. Or
  // the brokers forgot what this producer had written, or another one took its place.
  std::optional<Error> broken() const EXCLUDES(mutex_);
  Problem& problem() { return problem_; }

 private:
  void break_off(std::string_view reason) EXCLUDES(mutex_);
  void resolve(rd_kafka_event_t* reports) EXCLUDES(mutex_);
  Result<StoredAt> outcome_of(const rd_kafka_message_t& report, WallTime written_at) REQUIRES(mutex_);

  const bool broker_time_;
  Problem problem_;
  mutable Mutex mutex_;
  Signal resolved_;
  std::vector<int64_t> last_offsets_ GUARDED_BY(mutex_);  // acknowledged, by partition
  std::optional<Error> broken_ GUARDED_BY(mutex_);
};

// One append; librdkafka holds it until it was reported.
class Delivery final : public PendingAppend {
 public:
  Delivery(std::shared_ptr<Deliveries> all, WallTime written_at) : all_(std::move(all)), written_at_(written_at) {}
  std::optional<Result<StoredAt>> wait_until(MonoTime deadline) override { return all_->wait_until(*this, deadline); }

  // While librdkafka has its address; released by whoever handles the report.
  std::shared_ptr<Delivery> self;

 private:
  friend class Deliveries;
  const std::shared_ptr<Deliveries> all_;
  const WallTime written_at_;
  std::optional<Result<StoredAt>> outcome_;  // guarded by the lock of `all_`
};

}  // namespace magnetite::write_buffer::kafka
