// librdkafka's handles with owners, and a client that reports what troubles it. Internal to kafka/.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/result.h"
#include "write_buffer/kafka/settings.h"

namespace magnetite::write_buffer::kafka {

template <auto Destroy>
struct Deleter {
  template <class T>
  void operator()(T* handle) const {
    Destroy(handle);
  }
};
template <class T, auto Destroy>
using Owned = std::unique_ptr<T, Deleter<Destroy>>;

using Client = Owned<rd_kafka_t, rd_kafka_destroy>;
using Topic = Owned<rd_kafka_topic_t, rd_kafka_topic_destroy>;  // before its client
using Queue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using AdminOptions = Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using Message = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;

// Why nothing goes on at the moment; "" when nothing is known. Thread-safe.
class Problem {
 public:
  void set(std::string text) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    text_ = std::move(text);
  }
  std::string text() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return text_;
  }

 private:
  mutable Mutex mutex_;
  std::string text_ GUARDED_BY(mutex_);
};

using EventHandler = void (*)(rd_kafka_t*, rd_kafka_event_t*, void* opaque);

// Delivery reports and errors come as events to `handler` (which owns them), on a thread of librdkafka. `opaque`
// outlives the client.
Result<Client> make_producer(const Settings& settings, EventHandler handler, void* opaque);
// Errors go to `problem`, which outlives the client, during rd_kafka_poll().
Result<Client> make_consumer(const Settings& settings, Problem& problem);

AdminOptions admin_options(rd_kafka_t* client, rd_kafka_admin_op_t operation, int timeout_ms);

constexpr int64_t kNanosOfMillisecond = 1'000'000;

// Milliseconds until `deadline`, rounded up, at most an hour.
int milliseconds_until(Executor& executor, MonoTime deadline);

}  // namespace magnetite::write_buffer::kafka
