#include "write_buffer/kafka/deliveries.h"

#include <fmt/format.h>

#include <array>

#include "write_buffer/kafka/errors.h"

namespace magnetite::write_buffer::kafka {

void Deliveries::handle(rd_kafka_t* client, rd_kafka_event_t* raw, void* opaque) {
  const Event event(raw);
  auto& all = *static_cast<Deliveries*>(opaque);
  if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
    all.resolve(event.get());
  } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
    const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || error == RD_KAFKA_RESP_ERR__AUTHENTICATION)
      all.problem_.set(rd_kafka_event_error_string(event.get()));
    std::array<char, 512> reason{};
    if (rd_kafka_fatal_error(client, reason.data(), reason.size()) != RD_KAFKA_RESP_ERR_NO_ERROR)
      all.break_off(reason.data());
  }
}

void Deliveries::break_off(std::string_view reason) {
  const MutexLock lock(mutex_);
  if (!broken_)
    broken_ =
        Error(ErrorCode::kFailedPrecondition,
              fmt::format("kafka: {}; the writer must be opened again, and the topic may have lost records", reason));
}

void Deliveries::resolve(rd_kafka_event_t* reports) {
  std::vector<std::shared_ptr<Delivery>> done;  // let go of without the lock
  bool delivered = false;
  {
    const MutexLock lock(mutex_);
    while (const rd_kafka_message_t* report = rd_kafka_event_message_next(reports)) {
      auto* delivery = static_cast<Delivery*>(report->_private);
      delivery->outcome_ = outcome_of(*report, delivery->written_at_);
      delivered = delivered || delivery->outcome_->has_value();
      done.push_back(std::move(delivery->self));
    }
  }
  if (delivered) problem_.set({});
  resolved_.notify_all();
}

Result<StoredAt> Deliveries::outcome_of(const rd_kafka_message_t& report, WallTime written_at) {
  if (report.err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::unexpected(delivery_error(report.err, rd_kafka_message_status(&report)));
  if (report.offset < 0) return fail(ErrorCode::kUnclear, "kafka: stored, but the broker did not say where");
  int64_t& last = last_offsets_[static_cast<size_t>(report.partition)];
  if (report.offset <= last) {
    const std::string text =
        fmt::format("kafka: partition {} went back from offset {} to {}: the topic was made again or lost records",
                    report.partition, last, report.offset);
    if (!broken_) broken_ = Error(ErrorCode::kFailedPrecondition, text);
    return fail(ErrorCode::kUnclear, text);
  }
  last = report.offset;
  if (broker_time_) {
    rd_kafka_timestamp_type_t type;
    written_at = {rd_kafka_message_timestamp(&report, &type) * kNanosOfMillisecond};
  }
  return StoredAt{{model::SequencerId{static_cast<uint32_t>(report.partition)},
                   model::SequenceNumber{static_cast<uint64_t>(report.offset)}},
                  written_at};
}

std::optional<Result<StoredAt>> Deliveries::wait_until(const Delivery& delivery, MonoTime deadline) {
  const MutexLock lock(mutex_);
  while (!delivery.outcome_)
    if (resolved_.wait_until(mutex_, deadline, WaitReason::kLogSync) == WaitOutcome::kDeadline) break;
  return delivery.outcome_;
}

std::optional<Error> Deliveries::broken() const {
  const MutexLock lock(mutex_);
  return broken_;
}

}  // namespace magnetite::write_buffer::kafka
