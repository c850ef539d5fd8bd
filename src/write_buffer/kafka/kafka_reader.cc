#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>

#include "write_buffer/kafka/errors.h"
#include "write_buffer/kafka/kafka_log.h"
#include "write_buffer/kafka/topic.h"

namespace magnetite::write_buffer {
namespace kafka {
namespace {

// Where a reader stands in one partition.
struct Position {
  uint64_t number_min = 0;  // smallest that may be delivered
  // The number was asked for by seek(), or is the beginning: what is missing there was not promised. Otherwise it
  // follows what was passed, and must be there.
  bool sought = true;
  std::optional<Error> lost;  // until a seek()
};

struct Shared {
  Shared(Executor& e, KafkaOptions o, std::unique_ptr<Problem> p, Client c, TopicState opened)
      : executor(e),
        options(std::move(o)),
        problem(std::move(p)),
        client(std::move(c)),
        topic(rd_kafka_topic_new(client.get(), options.topic().c_str(), nullptr)),
        watch(client.get(), e, options, opened, *problem) {}

  Executor& executor;
  const KafkaOptions options;
  const std::unique_ptr<Problem> problem;  // outlives the client
  const Client client;
  const Topic topic;
  TopicWatch watch;
  std::deque<Position> positions;  // by partition, never moved; each used by its own stream only
  std::atomic<size_t> streams_alive = 0;
  std::atomic<uint64_t> error_items = 0;
};

struct Watermarks {
  uint64_t low = 0;
  uint64_t high = 0;
};

Result<Watermarks> watermarks(Shared& shared, uint32_t partition) {
  int64_t low = 0;
  int64_t high = 0;
  const MonoTime deadline = shared.executor.clock().mono_now() + shared.options.limits.request_timeout;
  if (const auto error = rd_kafka_query_watermark_offsets(shared.client.get(), shared.options.topic().c_str(),
                                                          static_cast<int32_t>(partition), &low, &high,
                                                          milliseconds_until(shared.executor, deadline));
      error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::unexpected(
        request_error(error, fmt::format("watermarks of topic '{}', partition {}", shared.options.topic(), partition)));
  return Watermarks{static_cast<uint64_t>(std::max<int64_t>(low, 0)),
                    static_cast<uint64_t>(std::max<int64_t>(high, 0))};
}

// The offset to begin at. Past the tail the broker would refuse: the reader remembers instead.
Result<int64_t> first_offset(Shared& shared, uint32_t partition) {
  const Position& position = shared.positions[partition];
  if (position.sought && position.number_min == 0) return RD_KAFKA_OFFSET_BEGINNING;
  if (!position.sought) return static_cast<int64_t>(position.number_min);
  MAGNETITE_TRY(const Watermarks marks, watermarks(shared, partition));
  if (position.number_min <= marks.low) return RD_KAFKA_OFFSET_BEGINNING;
  return static_cast<int64_t>(std::min(position.number_min, marks.high));
}

Headers headers_of(const rd_kafka_message_t& message) {
  Headers headers;
  rd_kafka_headers_t* list = nullptr;
  if (rd_kafka_message_headers(&message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  headers.reserve(rd_kafka_header_cnt(list));
  for (size_t i = 0; rd_kafka_header_get_all(list, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    headers.emplace_back(name, value == nullptr ? std::string() : std::string(static_cast<const char*>(value), size));
  return headers;
}

class KafkaStream final : public Stream {
 public:
  KafkaStream(std::shared_ptr<Shared> shared, uint32_t partition)
      : shared_(std::move(shared)), partition_(partition), position_(shared_->positions[partition]) {
    ++shared_->streams_alive;
  }
  ~KafkaStream() override {
    stop();
    --shared_->streams_alive;
  }

  // Also again, after stop().
  Result<> start() {
    if (position_.lost) return {};
    MAGNETITE_TRY(const int64_t offset, first_offset(*shared_, partition_));
    messages_.reset(rd_kafka_queue_new(shared_->client.get()));
    if (rd_kafka_consume_start_queue(shared_->topic.get(), static_cast<int32_t>(partition_), offset, messages_.get()) !=
        0)
      return std::unexpected(request_error(rd_kafka_last_error()));
    consuming_ = true;
    return {};
  }

  Result<std::optional<SequencedRecord>> next(MonoTime deadline) override {
    while (true) {
      shared_->watch.tick();
      rd_kafka_poll(shared_->client.get(), 0);  // errors of the client
      if (auto replaced = shared_->watch.replaced()) return std::unexpected(*std::move(replaced));
      if (position_.lost) return std::unexpected(*position_.lost);
      if (!consuming_) MAGNETITE_RETURN_IF_ERROR(start());
      // A message ends the wait at once; else it ends for the next look at the topic.
      const MonoTime until = std::min(deadline, shared_->watch.next_tick());
      const Message message(rd_kafka_consume_queue(messages_.get(), milliseconds_until(shared_->executor, until)));
      if (message == nullptr) {
        if (shared_->executor.clock().mono_now() >= deadline) return std::optional<SequencedRecord>();
        continue;
      }
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (auto fault = judge(*message)) return std::unexpected(*std::move(fault));
        continue;
      }
      shared_->problem->set({});
      const auto number = static_cast<uint64_t>(message->offset);
      if (number < position_.number_min) continue;
      pass_below(number + 1);
      if (message->payload == nullptr) return std::unexpected(bad_item(number, "has no payload"));
      return record_of(*message);
    }
  }
  model::SequenceNumber position() const override { return {position_.number_min}; }

 private:
  void stop() {
    if (consuming_) rd_kafka_consume_stop(shared_->topic.get(), static_cast<int32_t>(partition_));
    consuming_ = false;
  }
  void pass_below(uint64_t number) {
    if (number < position_.number_min) return;  // sought past the tail
    position_.number_min = number;
    position_.sought = false;
  }
  Error bad_item(uint64_t number, std::string_view what) {
    ++shared_->error_items;
    return {ErrorCode::kCorruption, fmt::format("kafka: topic '{}', partition {}, offset {} {}",
                                                shared_->options.topic(), partition_, number, what)};
  }
  // What the caller must know of it.
  std::optional<Error> judge(const rd_kafka_message_t& message) {
    switch (consume_fault(message.err)) {
      case ConsumeFault::kEnd:
        pass_below(static_cast<uint64_t>(std::max<int64_t>(message.offset, 0)));
        return std::nullopt;
      case ConsumeFault::kLost:
        stop();
        shared_->watch.check_soon();
        // What was asked for went away meanwhile: on from what is left.
        if (!position_.sought) position_.lost = lost(rd_kafka_message_errstr(&message));
        return std::nullopt;
      case ConsumeFault::kBadItem: {
        const auto number = static_cast<uint64_t>(std::max<int64_t>(message.offset, 0));
        pass_below(number + 1);
        return bad_item(number, "cannot be read");
      }
      case ConsumeFault::kTopicOdd:
        shared_->watch.check_soon();
        shared_->problem->set(rd_kafka_message_errstr(&message));
        return std::nullopt;
      case ConsumeFault::kPasses:
        break;
    }
    return request_error(message.err, rd_kafka_message_errstr(&message));
  }
  Error lost(const char* reason) {
    const std::string where = fmt::format("kafka: topic '{}', partition {}: offset {} cannot be read",
                                          shared_->options.topic(), partition_, position_.number_min);
    const Result<Watermarks> marks = watermarks(*shared_, partition_);
    if (!marks) return {ErrorCode::kFailedPrecondition, fmt::format("{}: {}", where, reason)};
    const char* cause = position_.number_min < marks->low    ? "records were deleted before they were read"
                        : position_.number_min > marks->high ? "the end of the log was lost, or the topic made again"
                                                             : reason;
    return {ErrorCode::kFailedPrecondition, fmt::format("{}: the topic has {} to {} (low and high watermark): {}",
                                                        where, marks->low, marks->high, cause)};
  }
  SequencedRecord record_of(const rd_kafka_message_t& message) const {
    rd_kafka_timestamp_type_t type;
    const int64_t milliseconds = rd_kafka_message_timestamp(&message, &type);
    const StoredAt stored_at{
        {model::SequencerId{partition_}, model::SequenceNumber{static_cast<uint64_t>(message.offset)}},
        WallTime{std::max<int64_t>(milliseconds, 0) * kNanosOfMillisecond}};
    return {stored_at, headers_of(message), std::string(static_cast<const char*>(message.payload), message.len)};
  }

  const std::shared_ptr<Shared> shared_;
  const uint32_t partition_;
  Position& position_;
  Queue messages_;
  bool consuming_ = false;
};

class KafkaReader final : public Reader {
 public:
  explicit KafkaReader(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) { adopt_partitions(); }

  std::string_view type_name() const override { return "kafka"; }
  model::Uuid log_id() const override { return shared_->watch.id(); }
  const std::vector<model::SequencerId>& sequencer_ids() const override { return sequencers_; }

  Result<Streams> streams() override {
    MAGNETITE_RETURN_IF_ERROR(check_no_streams());
    adopt_partitions();
    return streams_from(0);
  }
  Result<Streams> added_streams() override {
    const size_t known = sequencers_.size();
    adopt_partitions();
    Result<Streams> added = streams_from(known);
    if (!added) sequencers_.resize(known);  // found again by the next call
    return added;
  }
  Result<> seek(model::SequencerId sequencer, model::SequenceNumber number) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    MAGNETITE_RETURN_IF_ERROR(check_no_streams());
    shared_->positions[sequencer.value] = {number.value, true, {}};
    return {};
  }
  Result<model::SequenceNumber> high_watermark(model::SequencerId sequencer) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    MAGNETITE_TRY(const Watermarks marks, watermarks(*shared_, sequencer.value));
    return model::SequenceNumber{marks.high};
  }
  Result<model::SequenceNumber> low_watermark(model::SequencerId sequencer) override {
    MAGNETITE_RETURN_IF_ERROR(check_known(sequencer));
    MAGNETITE_TRY(const Watermarks marks, watermarks(*shared_, sequencer.value));
    return model::SequenceNumber{marks.low};
  }
  ReaderStatus status() const override {
    shared_->watch.tick();
    rd_kafka_poll(shared_->client.get(), 0);
    ReaderStatus status{fmt::format("kafka, topic={}", shared_->options.topic()), shared_->problem->text(),
                        shared_->error_items};
    if (shared_->watch.missing()) status.problem = fmt::format("topic '{}' does not exist", shared_->options.topic());
    if (const auto replaced = shared_->watch.replaced()) status.problem = replaced->message();
    return status;
  }

 private:
  void adopt_partitions() {
    while (sequencers_.size() < shared_->watch.partitions())
      sequencers_.push_back(model::SequencerId{static_cast<uint32_t>(sequencers_.size())});
    while (shared_->positions.size() < sequencers_.size()) shared_->positions.emplace_back();
  }
  Result<Streams> streams_from(size_t first) {
    Streams streams;
    for (size_t i = first; i < sequencers_.size(); ++i) {
      auto stream = std::make_unique<KafkaStream>(shared_, sequencers_[i].value);
      MAGNETITE_RETURN_IF_ERROR(stream->start());
      streams.emplace(sequencers_[i], std::move(stream));
    }
    return streams;
  }
  Result<> check_known(model::SequencerId sequencer) const {
    if (sequencer.value < sequencers_.size()) return {};
    return fail(ErrorCode::kInvalidInput, fmt::format("the log has no sequencer {}", sequencer.value));
  }
  Result<> check_no_streams() const {
    if (shared_->streams_alive == 0) return {};
    return fail(ErrorCode::kFailedPrecondition, "the reader's streams are still in use");
  }

  const std::shared_ptr<Shared> shared_;
  std::vector<model::SequencerId> sequencers_;
};

}  // namespace
}  // namespace kafka

Result<std::unique_ptr<Reader>> open_kafka_reader(Executor& executor, const KafkaConnection& connection,
                                                  std::string_view default_topic, const KafkaLimits& limits) {
  MAGNETITE_TRY(kafka::KafkaOptions options, kafka::options_of(connection, default_topic, limits));
  MAGNETITE_TRY(const kafka::Settings settings, kafka::consumer_settings(options));
  auto problem = std::make_unique<kafka::Problem>();
  MAGNETITE_TRY(kafka::Client client, kafka::make_consumer(settings, *problem));
  MAGNETITE_TRY(const kafka::OpenedTopic opened, kafka::open_topic(client.get(), executor, options));
  return std::make_unique<kafka::KafkaReader>(std::make_shared<kafka::Shared>(
      executor, std::move(options), std::move(problem), std::move(client), opened.state));
}

}  // namespace magnetite::write_buffer
